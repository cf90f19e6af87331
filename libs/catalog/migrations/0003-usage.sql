-- What each project uses, counted in the append's own transaction: quotas are checked on a row that nobody else changes
-- meanwhile (docs/adr/0012).

-- An image's share of its owner's usage, so that the sums can be made again. numeric: several copies of 2^63-1 bytes.
alter table images
  add column uploading    boolean not null default false,
  add column used_size    numeric not null default 0,
  add column used_staging numeric not null default 0;

create table usage (
  project   text    primary key,
  images    bigint  not null,
  -- images with an upload or import under way
  uploading bigint  not null,
  -- bytes
  size      numeric not null,
  staging   numeric not null
);

-- What there is already; sizes of staged data are only in the log.
update images i set
  uploading = i.status in ('saving', 'uploading', 'importing') or exists (select from work w where w.image_id = i.id),
  used_staging = staged.size,
  used_size = coalesce(i.size, 0) * (select count(*) from blobs b where b.image_id = i.id and b.state = 'live')
    + coalesce(i.size, staged.size) * (select count(*) from regexp_split_to_table(
        nullif(i.document::json ->> 'os_glance_importing_to_stores', ''), ',') as store
        where exists (select from work w where w.image_id = i.id and w.kind = 'import'))
from (
  select image.id, coalesce(sum((e.payload ->> 'size')::numeric), 0) as size
  from images image
    left join blobs b on b.image_id = image.id and b.state = 'staged'
    left join public.events e on e.stream_id = 'image-' || image.id and e.type = 'ImageDataStaged'
      and e.payload ->> 'key' = b.key
  group by image.id
) staged
where staged.id = i.id;

insert into usage
  select owner, count(*), count(*) filter (where uploading), sum(used_size), sum(used_staging)
  from images where owner is not null group by owner;

-- Touches no table, so that it can be moved with its schema. Only what was asked for more of is checked: a project that
-- is over a limit, because that was lowered, can still delete. VQ001's detail is a QuotaExcess (libs/domain).
create function refuse_beyond_quota(
  p_project text, p_resources text[], p_wanted numeric[], p_usage numeric[], p_limits numeric[]) returns void
language plpgsql
as $$
begin
  for n in 1 .. cardinality(p_resources) loop
    if p_wanted[n] > 0 and p_limits[n] >= 0 and p_usage[n] > p_limits[n] then
      raise exception 'project % is over its limit for %', p_project, p_resources[n] using
        errcode = 'VQ001',
        detail = json_build_object('project', p_project, 'resource', p_resources[n], 'limit', p_limits[n]::text,
          'usage', (p_usage[n] - p_wanted[n])::text, 'wanted', p_wanted[n]::text);
    end if;
  end loop;
end
$$;
