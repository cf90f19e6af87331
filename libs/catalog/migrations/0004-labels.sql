-- Lists by tag or property read an index in the list's own order, and every list has just one index that can serve it: plans
-- are then made once for all values, which costs a page less than planning it does (docs/adr/0014).

-- The tags and properties of an image, with what says who lists it, and where.
create table labels (
  image_id         uuid        not null,
  -- the first half of a SHA-256: of 'tag:<tag>', or of '<SHA-256 of the name, in hex><value>' for a property
  label            uuid        not null,
  image_owner      text,
  image_visibility text        not null,
  image_created_at timestamptz not null,
  primary key (image_id, label)
);

create index labels_by_owner   on labels (label, image_owner, image_created_at desc, image_id desc);
create index labels_public     on labels (label, image_created_at desc, image_id desc) where image_visibility = 'public';
create index labels_community  on labels (label, image_created_at desc, image_id desc) where image_visibility = 'community';
create index labels_everyones  on labels (label, image_created_at desc, image_id desc)
  where (image_visibility = 'community') is not true;

insert into labels
  select id, left(encode(sha256(convert_to(said, 'UTF8')), 'hex'), 32)::uuid, owner, visibility, created_at
  from images,
    lateral (
      select 'tag:' || tag as said from unnest(tags) tag
      union all
      select encode(sha256(convert_to(key, 'UTF8')), 'hex') || value from jsonb_each_text(properties)
    ) labelled;

drop index images_tags;
drop index images_properties;

-- An admin's list. Its condition is written so that no other list's implies it: a plan for all values may take half of the
-- images to be one project's, and would read this index for a project that has none.
drop index images_by_age;
create index images_everyones on images (created_at desc, id desc) where (visibility = 'community') is not true;
