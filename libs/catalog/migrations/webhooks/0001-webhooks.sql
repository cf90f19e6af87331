-- Webhooks: what the log knows of them, what it must not know (address, secret), and how far each has come. A schema of its
-- own, because it is no function of the log and no rebuild may lose it (docs/adr/0027).

create table webhooks (
  id              uuid        primary key,
  -- version of the webhook's stream that this row tells
  version         bigint      not null,
  -- types of events; null: all
  types           text[],
  -- null: everything
  project         text,
  enabled         boolean     not null,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  url             text        not null default '',
  -- sealed (libs/identity)
  secret          bytea       not null default '',
  -- position of the last event that was delivered, not wanted, or given up
  cursor          bigint      not null,
  -- of the event that is tried now: 0 when none has failed
  attempts        int         not null default 0,
  retry_at        timestamptz,
  reason          text,
  last_success_at timestamptz
);

-- Events that a webhook was not told in the end.
create table dead_letters (
  webhook_id uuid        not null references webhooks on delete cascade,
  position   bigint      not null,
  type       text        not null,
  -- dead, or waiting to be tried once more
  status     text        not null,
  attempts   int         not null,
  reason     text        not null,
  since      timestamptz not null,
  primary key (webhook_id, position)
);
create index dead_letters_by_status on dead_letters (webhook_id, status, position);
