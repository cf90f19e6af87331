-- The log: every change, in commit order, chained by hash.

create table events (
  position       bigint      primary key,
  stream_id      text        not null collate "C",
  version        bigint      not null,
  type           text        not null,
  schema_version int         not null,
  event_id       uuid        not null unique,
  recorded_at    timestamptz not null,
  actor          json        not null,
  project_id     text,
  request_id     text,
  causation_id   text,
  correlation_id text,
  -- json, not jsonb: the canonical text (RFC 8785) is kept to the letter, because the hash covers it
  payload        json        not null,
  prev_hash      bytea       not null,
  hash           bytea       not null,
  unique (stream_id, version)
);

create table subscriptions (
  name       text        primary key,
  checkpoint bigint      not null default 0,
  moved_at   timestamptz not null default now()
);

-- Appends events in the order given and returns the position of the last one.
--
-- Each element is the canonical JSON (RFC 8785) of one event without its position and hashes. An event's own version
-- states the expected version of its stream: the first of a stream must be the current version + 1, so 1 means "must
-- not exist". A stream that has moved on raises 40001 (serialization_failure).
--
-- It must be the transaction's last statement: the lock that it takes is held until the commit, so that positions are
-- gapless and equal commit order. A sequence would lose events to subscribers: transactions commit out of its order.
create function append_events(p_events text[]) returns bigint
language plpgsql
security definer
set search_path from current
as $$
declare
  v_position bigint;
  v_hash     bytea;
  v_prev     bytea;
  v_stream   text;
  v_current  bigint;
  v_text     text;
  v_event    record;
begin
  -- 0x56495452 'VITR': one writer at a time
  perform pg_advisory_xact_lock(1447646290);
  select position, hash into v_position, v_hash from events order by position desc limit 1;
  if not found then
    v_position := 0;
    v_hash := '\x0000000000000000000000000000000000000000000000000000000000000000';
  end if;

  foreach v_text in array p_events loop
    select * into v_event from json_to_record(v_text::json) as e(
      actor json, causation_id text, correlation_id text, event_id uuid, payload json, project_id text,
      recorded_at timestamptz, request_id text, schema_version int, stream_id text, type text, version bigint);
    if v_stream is distinct from v_event.stream_id then
      v_stream := v_event.stream_id;
      select version into v_current from events where stream_id = v_stream order by version desc limit 1;
      v_current := coalesce(v_current, 0);
    end if;
    if v_event.version <> v_current + 1 then
      raise exception 'stream % is at version %, not %', v_stream, v_current, v_event.version - 1
        using errcode = 'serialization_failure';
    end if;
    v_current := v_event.version;
    v_position := v_position + 1;
    v_prev := v_hash;
    v_hash := sha256(v_prev || int8send(v_position) || convert_to(v_text, 'UTF8'));
    insert into events values (
      v_position, v_event.stream_id, v_event.version, v_event.type, v_event.schema_version, v_event.event_id,
      v_event.recorded_at, v_event.actor, v_event.project_id, v_event.request_id, v_event.causation_id,
      v_event.correlation_id, v_event.payload, v_prev, v_hash);
  end loop;

  perform pg_notify('vitrine_events', v_position::text);
  return v_position;
end
$$;

-- Rights are one wall; this is the other, which also stops the owner of the table.
create function refuse_rewriting_history() returns trigger
language plpgsql
as $$
begin
  raise exception 'events are append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;

create trigger events_are_append_only before update or delete or truncate on events
  for each statement execute function refuse_rewriting_history();
