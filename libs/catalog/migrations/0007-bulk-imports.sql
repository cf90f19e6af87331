-- Bulk imports: many images of one request, each the stream of its own (docs/adr/0019).

create table bulk_imports (
  id            uuid        primary key,
  -- version of the bulk import's stream that this row tells
  version       bigint      not null,
  project       text,
  user_id       text        not null,
  status        text        not null,
  items         int         not null,
  -- items under way at once
  concurrency   int         not null,
  -- tries of an item
  attempts      int         not null,
  on_error      text        not null,
  reason        text,
  -- items that failed before are forgiven
  goes_on_since timestamptz not null,
  created_at    timestamptz not null,
  updated_at    timestamptz not null
);
create index bulk_imports_by_project on bulk_imports (project, created_at desc, id desc);
create index bulk_imports_by_age     on bulk_imports (created_at desc, id desc);
create index bulk_imports_by_status  on bulk_imports (status, created_at, id);

-- The images that a bulk import made, by how far their imports are; the rows outlive the images.
create table bulk_items (
  image_id   uuid        primary key,
  batch_id   uuid        not null,
  -- of the request, from 1
  line       int         not null,
  task       text        not null,
  url        text        not null,
  status     text        not null,
  attempt    int         not null,
  reason     text,
  -- bytes; null before they are done
  size       bigint,
  updated_at timestamptz not null
);
create index bulk_items_by_line   on bulk_items (batch_id, line);
create index bulk_items_by_status on bulk_items (batch_id, status, line);

-- Items wait here and not in the queue, which gets as many as are to be under way.
alter table work
  add column batch_id    uuid,
  add column line        int,
  -- when a job for it was last put into the queue; null while it has none
  add column queued_at   timestamptz,
  -- bytes of this attempt so far, and of the whole where its server said
  add column bytes       bigint not null default 0,
  add column bytes_total bigint;
create index work_backlog   on work (batch_id, not_before, line) where state = 'waiting' and batch_id is not null;
create index work_under_way on work (batch_id) where batch_id is not null and (state = 'running' or queued_at is not null);

-- Whoever looks for lost jobs of single imports does not pass by thousands of items.
drop index work_waiting;
create index work_waiting on work (not_before) where state = 'waiting' and batch_id is null;
