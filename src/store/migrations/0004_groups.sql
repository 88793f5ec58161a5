-- Groups: who is in them, and what they give. A group's grants reach its members; its `organization_admin` makes them
-- admins of the organization.

create table postern.groups (
  id uuid primary key default gen_random_uuid(),
  name text collate "C" not null
    constraint groups_name unique
    constraint groups_name_form check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  description text,
  organization_admin boolean not null default false,
  created_at timestamptz not null default now()
);

create table postern.group_members (
  group_id uuid not null references postern.groups on delete cascade,
  account_id uuid not null references postern.accounts,
  created_at timestamptz not null default now(),
  primary key (group_id, account_id)
);
create index group_members_account on postern.group_members (account_id);

create table postern.group_grants (
  group_id uuid not null references postern.groups on delete cascade,
  database_id uuid not null references postern.databases on delete cascade,
  role text not null check (role in ('reader', 'writer', 'admin')),
  created_at timestamptz not null default now(),
  primary key (group_id, database_id)
);
create index group_grants_database on postern.group_grants (database_id);

-- The members of a group, and the pinned accounts that they made.
create function postern.emit_group_changed(changed uuid) returns void
  language sql volatile
  begin atomic
    insert into postern.changes (kind, account_id, account_name)
      select 'account-changed', a.id, a.name from postern.accounts a
      where a.deleted_at is null and (
        a.id in (select account_id from postern.group_members where group_id = changed)
        or (a.scope = 'pinned' and a.maker_id in (select account_id from postern.group_members where group_id = changed)));
  end;

create function postern.groups_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.id <> new.id then
    raise exception 'a group keeps its id';
  end if;
  perform postern.emit_group_changed(new.id);
  return null;
end $$;
-- A group that goes takes its members' rows with it, and those tell.
create trigger queue_writer before insert or update or delete on postern.groups
  for each statement execute function postern.queue_writer();
create trigger tell after update on postern.groups for each row
  when ((old.id, old.name, old.organization_admin) is distinct from (new.id, new.name, new.organization_admin))
  execute function postern.groups_change();

create trigger queue_writer before insert or update or delete on postern.group_members
  for each statement execute function postern.queue_writer();
create trigger tell after insert or update or delete on postern.group_members
  for each row execute function postern.scope_change();

create function postern.group_grants_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    perform postern.emit_group_changed(old.group_id);
  end if;
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and old.group_id <> new.group_id) then
    perform postern.emit_group_changed(new.group_id);
  end if;
  return null;
end $$;
create trigger queue_writer before insert or update or delete on postern.group_grants
  for each statement execute function postern.queue_writer();
create trigger tell after insert or update or delete on postern.group_grants
  for each row execute function postern.group_grants_change();

-- Account records carry the names of the databases that they reach, through groups too.
create function postern.databases_renamed() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform postern.emit_group_changed(group_id) from postern.group_grants where database_id = new.id;
  return null;
end $$;
create trigger tell_groups after update of name on postern.databases for each row
  when (old.name is distinct from new.name) execute function postern.databases_renamed();

-- Members are people and groups-scoped machines: a pinned account's scope never grows.
create function postern.check_member() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from postern.accounts a
      where a.id = new.account_id and a.deleted_at is null and a.scope in ('personal', 'groups')) then
    raise exception 'not an account that can be in a group'
      using errcode = '23514', constraint = 'group_members_kind';
  end if;
  return new;
end $$;
create trigger check_member before insert or update on postern.group_members
  for each row execute function postern.check_member();

-- A groups-scoped account is in a group at every commit. Deferred: it may change from one to another.
create function postern.check_has_group() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  machine uuid;
begin
  -- A table has its own fields only: which one is asked for has to be decided before the row is looked at.
  if tg_table_name = 'accounts' then
    machine := new.id;
  else
    machine := old.account_id;
  end if;
  if exists (select from postern.accounts a where a.id = machine and a.scope = 'groups' and a.deleted_at is null)
    and not exists (select from postern.group_members m where m.account_id = machine) then
    raise exception 'a groups-scoped account needs a group'
      using errcode = '23514', constraint = 'accounts_has_group';
  end if;
  return null;
end $$;
create constraint trigger check_has_group after insert or update of scope, deleted_at on postern.accounts
  deferrable initially deferred for each row when (new.scope = 'groups') execute function postern.check_has_group();
create constraint trigger check_has_group after delete or update on postern.group_members
  deferrable initially deferred for each row execute function postern.check_has_group();

-- Somebody must always be able to sign in and put things right.
create function postern.check_last_admin() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- Two admins who demote each other at the same moment take turns.
  perform postern.lock_changes();
  if not exists (select from postern.accounts
      where org_role = 'admin' and disabled_at is null and deleted_at is null) then
    raise exception 'the last admin stays' using errcode = '23514', constraint = 'accounts_last_admin';
  end if;
  return null;
end $$;
create trigger check_last_admin after update of org_role, disabled_at, deleted_at on postern.accounts
  for each row
  when (old.org_role = 'admin' and old.disabled_at is null and old.deleted_at is null
        and (new.org_role <> 'admin' or new.disabled_at is not null or new.deleted_at is not null))
  execute function postern.check_last_admin();

-- Before org_role too: it is decided under the lock.
drop trigger queue_writer on postern.accounts;
create trigger queue_writer before insert or delete or update of
    id, name, kind, scope, pinned_role, maker_id, scram_salt, scram_iterations, disabled_at, deleted_at, org_role
  on postern.accounts for each statement execute function postern.queue_writer();

create trigger refuse_truncate before truncate on postern.groups execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.group_members execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.group_grants execute function postern.refuse_truncate();
