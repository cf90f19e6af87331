-- Run after every migration, so that it also heals a database restored from a dump into a fresh cluster.
do $$
begin
  create role vitrine_app nologin;
exception when duplicate_object or unique_violation then null;
end
$$;

grant vitrine_app to current_user;
grant usage on schema public to vitrine_app;
revoke all on events from vitrine_app, public;
revoke all on function append_events(json[]) from public;
grant select on events to vitrine_app;
grant execute on function append_events(json[]) to vitrine_app;
grant select, insert, update, delete on subscriptions to vitrine_app;
