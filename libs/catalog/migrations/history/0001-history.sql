-- The log as it is searched: one row an event, written behind the log (checkpoint: subscriptions, 'history').
--
-- Each question has one index that serves it newest or oldest first, and none has the position alone, so that no plan made once
-- for all values walks along everybody's events (docs/adr/0014, 0021). What a question asks beside is looked for in its rows.

create table events (
  position   bigint      not null,
  -- the latest time of an event up to this one: a moment is a place in the log, although clocks differ
  clock      timestamptz not null,
  type       text        not null,
  actor      text        not null,
  -- whose rights were used
  project    text,
  request_id text,
  -- null for what happened to no image
  image_id   uuid,
  -- the project that has the image now, or had it when it was deleted
  owner      text,
  -- the project that an invitation is about
  member     text
);
create index events_by_clock         on events (clock, position);
create index events_by_type          on events (type, position);
create index events_by_actor         on events (actor, position);
create index events_by_project       on events (project, position);
create index events_by_request       on events (request_id, position);
create index events_by_image         on events (image_id, position);
create index events_by_member        on events (member, position) where member is not null;
create index events_by_owner         on events (owner, position);
create index events_by_owner_type    on events ((owner || ' ' || type), position);
create index events_by_owner_actor   on events ((owner || ' ' || actor), position);
create index events_by_owner_project on events ((owner || ' ' || project), position);
