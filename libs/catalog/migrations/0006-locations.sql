-- Clients know an image's locations by their number, and say things about those that they registered.

alter table blobs
  -- place among the image's blobs, live ones in the order of its locations
  add column place    int   not null default 0,
  add column metadata jsonb not null default '{}';
