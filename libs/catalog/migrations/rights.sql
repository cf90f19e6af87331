grant usage on schema catalog to vitrine_app;
grant select, insert, update, delete on all tables in schema catalog to vitrine_app;
