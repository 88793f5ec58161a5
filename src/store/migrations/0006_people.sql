-- People: how they come in (invitations), stay in (console sessions), and how often they may fail to. Secrets are stored as SHA-256 of 32 random bytes.

create table postern.invitations (
  id uuid primary key default gen_random_uuid(),
  -- In lower case; the name of the account to be.
  email text collate "C" not null check (octet_length(email) <= 254),
  org_role text not null check (org_role in ('admin', 'member', 'viewer')),
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  invited_by uuid references postern.accounts,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (isfinite(expires_at)),
  accepted_at timestamptz,
  revoked_at timestamptz
);
create index invitations_order on postern.invitations (created_at, id);
-- One open invitation for an address: a new one takes the place of the old.
create unique index invitations_open on postern.invitations (email) where accepted_at is null and revoked_at is null;

create table postern.console_sessions (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references postern.accounts,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null check (isfinite(expires_at)),
  revoked_at timestamptz,
  address text,
  user_agent text
);
create index console_sessions_account on postern.console_sessions (account_id);
create index console_sessions_expires on postern.console_sessions (expires_at);

-- Failures to sign in, as rate-limiter-flexible counts them: one table for all instances. Keys are hashes, for whoever
-- tries to sign in may type anything, their password too.
create table postern.failures (
  key varchar(255) primary key,
  points integer not null default 0,
  -- Milliseconds since the Unix epoch.
  expire bigint
);
create index failures_expire on postern.failures (expire);

-- An account that is stopped, and a password that is changed, end the console sessions that rest on them: here, so that
-- an operator's UPDATE in psql does too, and so that what was ended stays so when the account is enabled again.
create function postern.end_console_sessions() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update postern.console_sessions set revoked_at = now() where account_id = new.id and revoked_at is null;
  return null;
end $$;
create trigger end_console_sessions after update of disabled_at, deleted_at, password_hash on postern.accounts
  for each row
  when (new.disabled_at is not null or new.deleted_at is not null
        or new.password_hash is distinct from old.password_hash)
  execute function postern.end_console_sessions();
