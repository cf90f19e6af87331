-- Read models of the metadata definitions. Some dozens of namespaces: lists read all of them, look-ups go by the name.

create table metadef_namespaces (
  id             uuid        primary key,
  -- version of the namespace's stream that this row tells
  version        bigint      not null,
  -- across all streams: who comes second to a name is told so by this constraint
  namespace      text        not null unique,
  display_name   text,
  description    text,
  visibility     text        not null,
  protected      boolean     not null,
  owner          text        not null,
  created_at     timestamptz not null,
  updated_at     timestamptz not null,
  -- names of the resource types that it is associated with
  resource_types text[]      not null,
  -- objects, properties, tags and associations, from which single answers are made
  contents       jsonb       not null,
  -- the namespace as lists show it, rendered on write
  summary        text        not null
);

-- Every resource type that a namespace was ever associated with; the rows outlive the namespace.
create table metadef_resource_types (
  namespace_id uuid        not null,
  name         text        not null,
  since        timestamptz not null,
  primary key (namespace_id, name)
);
