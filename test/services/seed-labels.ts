/** Fills `catalog.labels` for images that were put into the catalogue by SQL, as migration 0004 does for those it finds. */
export const seedLabels = `
  insert into catalog.labels
  select id, left(encode(sha256(convert_to(said, 'UTF8')), 'hex'), 32)::uuid, owner, visibility, created_at
  from catalog.images,
    lateral (
      select 'tag:' || tag as said from unnest(tags) tag
      union all
      select encode(sha256(convert_to(key, 'UTF8')), 'hex') || value from jsonb_each_text(properties)
    ) labelled
  on conflict do nothing`;
