-- What the log must not know of the addresses that imports read from: their queries, which are often what opens them. A schema
-- of its own, because it is no function of the log and no rebuild may lose it (docs/adr/0029).

create table sealed (
  id       uuid  primary key,
  image_id uuid  not null,
  -- the whole address (libs/identity)
  address  bytea not null
);
