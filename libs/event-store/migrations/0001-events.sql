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
-- Each element is the canonical JSON (RFC 8785) of one event without its position and hashes; json keeps it to the letter. An
-- event's own version states the expected version of its stream: the first of a stream must be the current version + 1, so 1
-- means "must not exist". A stream that has moved on raises 40001 (serialization_failure).
--
-- It must be the transaction's last statement: the lock that it takes is held until the commit, so that positions are
-- gapless and equal commit order. A sequence would lose events to subscribers: transactions commit out of its order.
--
-- Most appends are of one event: an INSERT of a whole batch after the loop makes that one slower (docs/adr/0022).
create function append_events(p_events json[]) returns bigint
language plpgsql
security definer
set search_path from current
as $$
declare
  v_position bigint;
  v_hash     bytea;
  v_prev     bytea;
  v_event    json;
  v_stream   text := p_events[1] ->> 'stream_id';
  v_version  bigint;
begin
  -- 0x56495452 'VITR': one writer at a time
  perform pg_advisory_xact_lock(1447646290);
  select head.position, head.hash, stream.version into v_position, v_hash, v_version
    from (select) as always
      left join (select position, hash from events order by position desc limit 1) as head on true
      left join (select version from events where stream_id = v_stream order by version desc limit 1) as stream on true;
  if v_position is null then
    v_position := 0;
    v_hash := '\x0000000000000000000000000000000000000000000000000000000000000000';
  end if;

  foreach v_event in array p_events loop
    if v_event ->> 'stream_id' <> v_stream then
      v_stream := v_event ->> 'stream_id';
      v_version := (select version from events where stream_id = v_stream order by version desc limit 1);
    end if;
    v_version := coalesce(v_version, 0) + 1;
    if (v_event ->> 'version')::bigint is distinct from v_version then
      raise exception 'stream % is at version %, not at the one before %',
        v_stream, v_version - 1, v_event ->> 'version' using errcode = 'serialization_failure';
    end if;
    v_position := v_position + 1;
    v_prev := v_hash;
    v_hash := sha256(v_prev || int8send(v_position) || convert_to(v_event::text, 'UTF8'));
    insert into events
      select v_position, e.stream_id, e.version, e.type, e.schema_version, e.event_id, e.recorded_at, e.actor,
        e.project_id, e.request_id, e.causation_id, e.correlation_id, e.payload, v_prev, v_hash
      from json_to_record(v_event) as e(
        actor json, causation_id text, correlation_id text, event_id uuid, payload json, project_id text,
        recorded_at timestamptz, request_id text, schema_version int, stream_id text, type text, version bigint);
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
