-- The control plane's tables. Every name is qualified and every function has its own search_path, so no setting of a
-- session, role or database can put another object in place of one of these.

create table postern.accounts (
  id uuid primary key default gen_random_uuid(),
  name text collate "C" not null,
  kind text not null check (kind in ('personal', 'service')),
  -- A service account has no mailbox: RFC 2606 keeps `invalid` free for good.
  email text generated always as
    (case kind when 'personal' then name else name || '@service.postern.invalid' end) stored,
  description text,
  org_role text check (org_role in ('admin', 'member', 'viewer')),
  -- argon2id in PHC form; null until the person has chosen a password.
  password_hash text,
  scope text not null check (scope in ('personal', 'pinned', 'groups')),
  pinned_role text check (pinned_role in ('reader', 'writer', 'admin')),
  maker_id uuid references postern.accounts,
  -- One salt and count for all keys of the account: the salt is sent before it is known which key is meant.
  scram_salt bytea not null check (octet_length(scram_salt) between 16 and 64),
  scram_iterations integer not null check (scram_iterations between 4096 and 100000),
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  deleted_at timestamptz,
  constraint accounts_name_form check (
    case kind
      when 'service' then name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'
      else name ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$'
        and name = lower(name) and octet_length(name) <= 254 and name not like '%@service.postern.invalid'
    end
  ),
  constraint accounts_person check (
    case kind
      when 'personal' then org_role is not null and scope = 'personal'
      else org_role is null and password_hash is null and scope <> 'personal'
    end
  ),
  constraint accounts_pinned check (
    case scope when 'pinned' then pinned_role is not null and maker_id is not null else pinned_role is null end
  )
);

-- People and machines share one namespace; a deleted account gives its name back.
create unique index accounts_name on postern.accounts (name) where deleted_at is null;
create index accounts_order on postern.accounts (name, id);
create index accounts_maker on postern.accounts (maker_id) where maker_id is not null;

create table postern.api_keys (
  id text collate "C" primary key check (id ~ '^[0-9A-Za-z]{12}$'),
  account_id uuid not null references postern.accounts,
  name text,
  description text,
  stored_key bytea not null check (octet_length(stored_key) = 32),
  server_key bytea not null check (octet_length(server_key) = 32),
  argon2 text not null check (argon2 like '$argon2id$%'),
  created_at timestamptz not null default now(),
  expires_at timestamptz check (isfinite(expires_at)),
  revoked_at timestamptz
);
create index api_keys_account on postern.api_keys (account_id, created_at, id);

create table postern.databases (
  id uuid primary key default gen_random_uuid(),
  name text collate "C" not null
    constraint databases_name unique
    constraint databases_name_form check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}(/[a-z0-9][a-z0-9_-]{0,62})?$'),
  host text not null check (host <> ''),
  port integer not null check (port between 1 and 65535),
  dbname text not null check (dbname <> ''),
  ssl_mode text not null check (ssl_mode in ('disable', 'prefer', 'require', 'verify-ca', 'verify-full')),
  ssl_root_cert text,
  announce boolean not null default true,
  created_at timestamptz not null default now()
);

create table postern.logins (
  database_id uuid not null references postern.databases on delete cascade,
  role text not null check (role in ('reader', 'writer', 'admin')),
  username text not null check (username <> ''),
  -- AES-256-GCM, bound to this row: see src/store/seal.ts.
  sealed_password bytea not null,
  primary key (database_id, role)
);

create table postern.pinned_databases (
  account_id uuid not null references postern.accounts,
  database_id uuid not null references postern.databases on delete cascade,
  primary key (account_id, database_id)
);
create index pinned_databases_database on postern.pinned_databases (database_id);

create table postern.grants (
  id bigint generated always as identity primary key,
  account_id uuid not null references postern.accounts,
  database_id uuid not null references postern.databases on delete cascade,
  role text not null check (role in ('reader', 'writer', 'admin')),
  created_at timestamptz not null default now(),
  constraint grants_once unique (account_id, database_id)
);
create index grants_database on postern.grants (database_id);

-- Milliseconds since the Unix epoch, as JavaScript counts.
create function postern.epoch_ms(at timestamptz) returns double precision
  language sql immutable strict parallel safe
  return floor(extract(epoch from at) * 1000)::double precision;
