-- What goes on: keys in use, live sessions of all instances, and requests that may come twice. None of it is needed for a
-- login, so losing it loses no safety.

alter table postern.api_keys
  add column created_by uuid references postern.accounts,
  -- The key that took this one's place when it was rotated.
  add column successor_id text collate "C" references postern.api_keys;

-- Apart from api_keys, whose every change proxies hear of.
create table postern.key_uses (
  key_id text collate "C" primary key references postern.api_keys on delete cascade,
  used_at timestamptz not null,
  address text,
  application text,
  -- null: the API.
  database text
);

create table postern.instances (
  id uuid primary key,
  host text not null,
  version text not null,
  runs_proxy boolean not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  -- The newest change that it acts on, and the age of its list when it last reported.
  list_seq bigint not null,
  list_age_ms double precision
);

-- Unlogged: a store that crashed has no use for what was live before, and every instance reports again.
create unlogged table postern.live_sessions (
  instance_id uuid not null,
  -- The reference that the log has too.
  id text collate "C" not null,
  account_id uuid not null,
  account text not null,
  key_id text not null,
  database_id uuid not null,
  database text not null,
  role text not null,
  login text not null,
  address text not null,
  application text,
  opened_at timestamptz not null,
  state text not null check (state in ('idle', 'busy')),
  bytes_from_client bigint not null,
  bytes_from_upstream bigint not null,
  primary key (instance_id, id)
);
create index live_sessions_order on postern.live_sessions (opened_at, id);
create index live_sessions_account on postern.live_sessions (account_id);

-- An admin who ends a session tells all instances through the change feed: it is pushed, polled and never missed.
alter table postern.changes add column session_id text;
alter table postern.changes drop constraint changes_kind_check;
alter table postern.changes add constraint changes_kind_check check (kind in (
  'key-revoked', 'account-disabled', 'account-deleted', 'account-changed', 'database-changed', 'database-removed',
  'session-ended'
));

-- Requests that were sent with an Idempotency-Key, and what they were answered. No answer with a token is kept.
create table postern.idempotency_keys (
  account_id uuid not null references postern.accounts,
  key text collate "C" not null check (octet_length(key) between 1 and 255),
  -- SHA-256 of method, path and body.
  fingerprint bytea not null,
  status integer,
  location text,
  body text,
  created_at timestamptz not null default now(),
  primary key (account_id, key)
);
create index idempotency_keys_age on postern.idempotency_keys (created_at);
