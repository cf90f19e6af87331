-- Imports as clients see them: one row a task, of every image, also of those deleted meanwhile. Rows go 48 hours after their
-- task's end; what is older is in the log.

create table tasks (
  -- UUID
  id         text        not null,
  image_id   uuid        not null,
  type       text        not null,
  status     text        not null,
  owner      text,
  user_id    text        not null,
  request_id text        not null,
  input      jsonb       not null,
  message    text        not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- null before its end
  expires_at timestamptz,
  primary key (id, image_id)
);
create index tasks_by_image on tasks (image_id);
-- The default list.
create index tasks_by_age   on tasks (created_at desc, id desc);
create index tasks_ended    on tasks (expires_at) where expires_at is not null;

-- The rights of whoever asked for an import that needs them, sealed (libs/identity); gone with the work. Not in the log.
alter table work add column credential bytea;

-- What there is already, of images that are not deleted.
insert into tasks
select
  asked.payload ->> 'task',
  image.id,
  case asked.payload -> 'method' ->> 'name' when 'location' then 'location_import' else 'api_image_import' end,
  told.status,
  asked.payload -> 'requested_by' ->> 'project_id',
  asked.payload -> 'requested_by' ->> 'user_id',
  asked.payload ->> 'request_id',
  jsonb_build_object('image_id', image.id, 'import_req', jsonb_build_object(
    'method', asked.payload -> 'method', 'stores', asked.payload -> 'stores')),
  coalesce(told.reason, ''),
  asked.recorded_at,
  told.at,
  case when told.status in ('success', 'failure') then told.at + interval '48 hours' end
from images image
  join public.events asked on asked.stream_id = 'image-' || image.id and asked.type = 'ImageImportRequested'
  cross join lateral (
    select
      case
        when bool_or(e.type = 'ImageImportCompleted') then 'success'
        when bool_or(e.type = 'ImageImportFailed' and e.payload ->> 'retry_at' is null) then 'failure'
        when bool_or(e.type = 'ImageImportStarted') then 'processing'
        else 'pending'
      end as status,
      max(e.recorded_at) as at,
      (array_agg(e.payload ->> 'reason' order by e.version desc) filter (where e.payload ->> 'reason' is not null))[1] as reason
    from public.events e
    where e.stream_id = asked.stream_id and e.version >= asked.version
      and (e.payload ->> 'task' = asked.payload ->> 'task' or e.payload ->> 'attempt' like (asked.payload ->> 'task') || '-%')
  ) told
where told.status in ('pending', 'processing') or told.at > now() - interval '48 hours';
