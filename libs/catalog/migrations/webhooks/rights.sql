grant usage on schema webhooks to vitrine_app;
grant select, insert, update, delete on all tables in schema webhooks to vitrine_app;
