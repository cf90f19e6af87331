-- Who read which data, and who was refused what: one partition a day, written in batches by the API, never changed (docs/adr/0026).
-- A schema of its own, because it is in no way a function of the log, and no rebuild touches it.

create table entries (
  -- made by whoever writes it, so that a batch that is sent twice is there once
  id          uuid        not null,
  -- when it was over
  at          timestamptz not null,
  kind        text        not null check (kind in ('download', 'refusal')),
  -- method and route: GET /v2/images/:id/file
  operation   text        not null,
  status      int         not null,
  result      text        not null check (result in ('begun', 'complete', 'aborted', 'failed', 'refused')),
  image_id    uuid,
  -- the project that had the image then; of downloads only
  owner       text,
  -- null when nobody was authenticated
  actor       text,
  project     text,
  -- of the first one, where several are told by one row
  request_id  text,
  address     text,
  -- the bytes that were asked for, both included; null: all
  range_first bigint,
  range_last  bigint,
  -- that were sent
  bytes       bigint      not null,
  ms          bigint      not null,
  -- refusals of one kind that this row tells
  count       int         not null,
  -- not (at, id): no index has the time alone, so that no plan made once walks along everybody's entries (docs/adr/0014)
  primary key (id, at)
) partition by range (at);

-- Each question has one that serves it newest or oldest first. Both kinds are asked one after the other where neither is meant;
-- two values in one expression are for the entries of one project.
create index entries_by_kind              on entries (kind, at, id);
create index entries_by_image             on entries (image_id, at, id) where image_id is not null;
create index entries_by_request           on entries (request_id, at, id);
create index entries_by_actor             on entries (actor, at, id) where actor is not null;
create index entries_by_status            on entries (status, at, id);
create index entries_by_operation         on entries (operation, at, id);
create index entries_by_project_kind      on entries ((project || ' ' || kind), at, id) where project is not null;
create index entries_by_project_status    on entries ((project || ' ' || status::text), at, id) where project is not null;
create index entries_by_project_operation on entries ((project || ' ' || operation), at, id) where project is not null;
create index entries_by_owner             on entries (owner, at, id) where owner is not null;
create index entries_by_owner_project     on entries ((owner || ' ' || project), at, id) where owner is not null;

-- Rights are one wall; this is the other, which also stops the owner of the table.
create function refuse_rewriting_accesses() returns trigger
language plpgsql
as $$
begin
  raise exception 'the access log is append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;

create trigger entries_are_append_only before update or delete or truncate on entries
  for each statement execute function refuse_rewriting_accesses();

create function partition_of(p_day date) returns text
language sql immutable
as $$ select 'entries_' || to_char(p_day, 'YYYYMMDD') $$;

-- Made apart and attached: that waits for no reader, and none waits for it. A trigger of statements is not inherited.
create function make_partition(p_day date) returns void
language plpgsql
set search_path from current
as $$
declare
  v_name text := partition_of(p_day);
begin
  -- 0x56495450 'VITP': one at a time makes and drops partitions
  perform pg_advisory_xact_lock(1447646288);
  -- Asked of the table: whoever waited for the lock may remember the name as free.
  if exists (select from pg_class where relname = v_name and relnamespace = current_schema()::regnamespace) then return; end if;
  execute format('create table %I (like entries including defaults including constraints)', v_name);
  execute format(
    'create trigger entries_are_append_only before update or delete or truncate on %I
       for each statement execute function refuse_rewriting_accesses()', v_name);
  execute format('alter table entries attach partition %I for values from (%L) to (%L)', v_name,
    p_day::timestamp at time zone 'UTC', (p_day + 1)::timestamp at time zone 'UTC');
end
$$;

-- Writes entries; the partition of a day that nobody foresaw is made, so that no entry fails for the want of one.
create function write_entries(p_entries json) returns void
language plpgsql
security definer
set search_path from current
as $$
declare
  v_day date;
begin
  for v_day in
    select distinct (e.at at time zone 'UTC')::date from json_to_recordset(p_entries) as e(at timestamptz)
  loop
    if to_regclass(partition_of(v_day)) is null then perform make_partition(v_day); end if;
  end loop;
  insert into entries select * from json_populate_recordset(null::entries, p_entries) on conflict do nothing;
end
$$;

-- Makes the partitions of the next days and drops those that are older than so many days; returns the names of the dropped.
-- Nothing when somebody else is at it. A reader who does not end (a dump) makes it fail rather than hold all writers up.
create function keep_days(p_days int) returns setof text
language plpgsql
security definer
set search_path from current
set lock_timeout = '2s'
as $$
declare
  v_today date := (now() at time zone 'UTC')::date;
  v_name  text;
begin
  if p_days < 1 then raise exception 'the access log is kept for at least a day, not for %', p_days; end if;
  if not pg_try_advisory_xact_lock(1447646288) then return; end if;
  for v_ahead in 0 .. 2 loop perform make_partition(v_today + v_ahead); end loop;
  for v_name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'entries'::regclass and c.relname ~ '^entries_\d{8}$' and c.relname < partition_of(v_today - p_days)
    order by 1
  loop
    execute format('drop table %I', v_name);
    return next v_name;
  end loop;
end
$$;
