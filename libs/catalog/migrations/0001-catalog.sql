-- Read models of images, in the schema that the search path names: `catalog`, or the one that a rebuild fills before it
-- takes that name.

create table images (
  id               uuid        primary key,
  -- version of the image's stream that this row tells
  version          bigint      not null,
  status           text        not null,
  visibility       text        not null,
  owner            text,
  name             text,
  protected        boolean     not null,
  os_hidden        boolean     not null,
  min_disk         int         not null,
  min_ram          int         not null,
  container_format text,
  disk_format      text,
  -- bytes
  size             bigint,
  virtual_size     bigint,
  checksum         text,
  os_hash_value    text,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  tags             text[]      not null,
  properties       jsonb       not null,
  -- the image as the Image API shows it, rendered once on write: reading is then one index look-up and no JSON building
  document         text        not null
);

-- The branches of the default list (own, public, shared with me), each in the default order.
create index images_by_owner  on images (owner, created_at desc, id desc);
create index images_public    on images (created_at desc, id desc) where visibility = 'public';
create index images_community on images (created_at desc, id desc) where visibility = 'community';
-- An admin's list: everything.
create index images_by_age    on images (created_at desc, id desc);
-- Dashboards sort by name; clients look images up by name.
create index images_by_owner_name on images (owner, coalesce(name, ''), created_at desc, id desc);
create index images_by_name   on images (coalesce(name, ''), created_at desc, id desc);
create index images_tags       on images using gin (tags);
create index images_properties on images using gin (properties jsonb_path_ops);

create table members (
  image_id   uuid        not null,
  member     text        not null,
  status     text        not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (image_id, member)
);
create index members_by_project on members (member, status, image_id);

-- Every object that the log says may lie in a store. What lies there and is not here is an orphan.
create table blobs (
  image_id uuid        not null,
  store    text        not null,
  key      text        not null,
  state    text        not null,
  since    timestamptz not null,
  primary key (image_id, store, key)
);
create index blobs_by_place on blobs (store, key);
create index blobs_doomed   on blobs (since) where state = 'doomed';

-- What is under way or waits for a worker: at most one upload or import an image. Holders move lease_until on.
create table work (
  image_id    uuid        primary key,
  kind        text        not null,
  -- the upload's attempt, or the import's task
  attempt     text        not null,
  -- claims of the import so far
  claims      int         not null,
  state       text        not null,
  not_before  timestamptz not null,
  -- null while it waits
  lease_until timestamptz
);
create index work_waiting on work (not_before) where state = 'waiting';
create index work_running on work (lease_until) where state = 'running';
