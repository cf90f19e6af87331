grant usage on schema history to vitrine_app;
grant select, insert, update, delete on all tables in schema history to vitrine_app;
