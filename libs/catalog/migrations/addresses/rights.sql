grant usage on schema addresses to vitrine_app;
grant select, insert, update, delete on all tables in schema addresses to vitrine_app;
