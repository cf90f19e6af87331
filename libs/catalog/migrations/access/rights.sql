grant usage on schema access to vitrine_app;
revoke all on all tables in schema access from vitrine_app, public;
revoke all on all functions in schema access from public;
grant select on entries to vitrine_app;
grant execute on function write_entries(json), keep_days(int) to vitrine_app;
