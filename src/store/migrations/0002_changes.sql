-- The change feed: what proxies follow. Its promise is that seq order is commit order, so that a reader who has seen n
-- never has to look below n again. The lock makes it so: it is taken before seq is drawn and held to the commit, and a
-- commit is visible before its locks are let go.

create table postern.changes (
  seq bigint primary key,
  at timestamptz not null,
  kind text not null check (kind in (
    'key-revoked', 'account-disabled', 'account-deleted', 'account-changed', 'database-changed', 'database-removed'
  )),
  account_id uuid,
  account_name text,
  key_id text,
  database_id uuid
);
create index changes_at on postern.changes (at);

-- Old changes are pruned; how far is kept, so that the head never goes back and a reader knows what it missed.
create table postern.changes_pruned (
  only_row boolean primary key default true check (only_row),
  through bigint not null
);
insert into postern.changes_pruned (through) values (0);

-- CACHE 1: a session that drew numbers ahead would use them out of order.
create sequence postern.change_seq as bigint cache 1;

-- The key spells "postern" in ASCII. Advisory locks are per database, so stores do not get in each other's way.
create function postern.lock_changes() returns void
  language sql volatile
  begin atomic
    select pg_catalog.pg_advisory_xact_lock(31647739056321134);
  end;

-- The newest change that the caller's snapshot shows; 0 for a fresh store.
create function postern.change_head() returns bigint
  language sql stable
  begin atomic
    select greatest((select max(seq) from postern.changes), (select through from postern.changes_pruned), 0);
  end;

create function postern.number_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform postern.lock_changes();
  new.seq := nextval('postern.change_seq');
  new.at := clock_timestamp();
  return new;
end $$;
create trigger number_change before insert on postern.changes
  for each row execute function postern.number_change();

create function postern.announce_changes() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  newest bigint;
begin
  select max(seq) into newest from added;
  if newest is not null then
    perform pg_notify('postern_changes', newest::text);
  end if;
  return null;
end $$;
create trigger announce_changes after insert on postern.changes
  referencing new table as added
  for each statement execute function postern.announce_changes();

-- Before any row is touched, so that every writer takes the lock ahead of its row locks: the same order for all means
-- no deadlocks between them.
create function postern.queue_writer() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform postern.lock_changes();
  return null;
end $$;

-- TRUNCATE fires no row triggers: it would take keys away and tell no proxy.
create function postern.refuse_truncate() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'use DELETE: TRUNCATE on % would tell no proxy', tg_relid::regclass;
end $$;

-- An account, and the pinned accounts that it made: their reach is capped by its own.
create function postern.emit_account_changed(changed uuid) returns void
  language sql volatile
  begin atomic
    insert into postern.changes (kind, account_id, account_name)
      select 'account-changed', a.id, a.name from postern.accounts a
      where a.id = changed or (a.maker_id = changed and a.scope = 'pinned' and a.deleted_at is null);
  end;
