-- What each table tells the change feed. Triggers and not the API write it, so that an operator's UPDATE in psql is
-- pushed like any other.

create function postern.accounts_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.id <> new.id then
    raise exception 'an account keeps its id';
  end if;
  if tg_op = 'DELETE' or (tg_op = 'UPDATE' and old.deleted_at is null and new.deleted_at is not null) then
    insert into postern.changes (kind, account_id, account_name) values ('account-deleted', old.id, old.name);
  elsif tg_op = 'UPDATE' and old.disabled_at is null and new.disabled_at is not null then
    insert into postern.changes (kind, account_id, account_name) values ('account-disabled', old.id, old.name);
  end if;
  if tg_op = 'UPDATE' and old.name <> new.name then
    insert into postern.changes (kind, account_id, account_name) values ('account-changed', old.id, old.name);
  end if;
  if tg_op = 'DELETE' then
    return null;
  end if;
  -- Tells of the account itself again after a disable: harmless, and its pinned accounts need it.
  perform postern.emit_account_changed(new.id);
  return null;
end $$;
create trigger queue_writer before insert or delete or update of
    id, name, kind, scope, pinned_role, maker_id, scram_salt, scram_iterations, disabled_at, deleted_at
  on postern.accounts for each statement execute function postern.queue_writer();
create trigger tell_insert_delete after insert or delete on postern.accounts
  for each row execute function postern.accounts_change();
create trigger tell_update after update on postern.accounts for each row
  when ((old.id, old.name, old.kind, old.scope, old.pinned_role, old.maker_id, old.scram_salt, old.scram_iterations,
         old.disabled_at, old.deleted_at) is distinct from
        (new.id, new.name, new.kind, new.scope, new.pinned_role, new.maker_id, new.scram_salt, new.scram_iterations,
         new.disabled_at, new.deleted_at))
  execute function postern.accounts_change();

create function postern.api_keys_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and (old.id, old.account_id) is distinct from (new.id, new.account_id) then
    raise exception 'an API key keeps its id and its account';
  end if;
  if tg_op = 'DELETE' or (tg_op = 'UPDATE' and old.revoked_at is null and new.revoked_at is not null) then
    insert into postern.changes (kind, account_id, account_name, key_id)
      select 'key-revoked', old.account_id, (select name from postern.accounts where id = old.account_id), old.id;
    return null;
  end if;
  insert into postern.changes (kind, account_id, account_name, key_id)
    select 'account-changed', new.account_id, (select name from postern.accounts where id = new.account_id), new.id;
  return null;
end $$;
create trigger queue_writer before insert or delete or update of
    id, account_id, stored_key, server_key, argon2, expires_at, revoked_at
  on postern.api_keys for each statement execute function postern.queue_writer();
create trigger tell_insert_delete after insert or delete on postern.api_keys
  for each row execute function postern.api_keys_change();
create trigger tell_update after update on postern.api_keys for each row
  when ((old.id, old.account_id, old.stored_key, old.server_key, old.argon2, old.expires_at, old.revoked_at)
        is distinct from
        (new.id, new.account_id, new.stored_key, new.server_key, new.argon2, new.expires_at, new.revoked_at))
  execute function postern.api_keys_change();

create function postern.scope_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    perform postern.emit_account_changed(old.account_id);
  end if;
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and old.account_id <> new.account_id) then
    perform postern.emit_account_changed(new.account_id);
  end if;
  return null;
end $$;
create trigger queue_writer before insert or update or delete on postern.grants
  for each statement execute function postern.queue_writer();
create trigger tell after insert or update or delete on postern.grants
  for each row execute function postern.scope_change();
create trigger queue_writer before insert or update or delete on postern.pinned_databases
  for each statement execute function postern.queue_writer();
create trigger tell after insert or update or delete on postern.pinned_databases
  for each row execute function postern.scope_change();

create function postern.databases_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    insert into postern.changes (kind, database_id) values ('database-removed', old.id);
    return null;
  end if;
  if tg_op = 'UPDATE' and old.id <> new.id then
    raise exception 'a database keeps its id';
  end if;
  insert into postern.changes (kind, database_id) values ('database-changed', new.id);
  if tg_op = 'UPDATE' and old.name <> new.name then
    -- Account records carry the names of the databases that they reach.
    perform postern.emit_account_changed(account_id) from postern.grants where database_id = new.id;
    perform postern.emit_account_changed(account_id) from postern.pinned_databases where database_id = new.id;
  end if;
  return null;
end $$;
create trigger queue_writer before insert or update or delete on postern.databases
  for each statement execute function postern.queue_writer();
create trigger tell after insert or update or delete on postern.databases
  for each row execute function postern.databases_change();

create function postern.logins_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- No database any more: it is being removed, and the logins with it.
  insert into postern.changes (kind, database_id)
    select 'database-changed', d.id from postern.databases d
    where d.id in (case when tg_op <> 'INSERT' then old.database_id end,
                   case when tg_op <> 'DELETE' then new.database_id end);
  return null;
end $$;
create trigger queue_writer before insert or update or delete on postern.logins
  for each statement execute function postern.queue_writer();
create trigger tell after insert or update or delete on postern.logins
  for each row execute function postern.logins_change();

create trigger refuse_truncate before truncate on postern.accounts execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.api_keys execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.grants execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.pinned_databases execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.databases execute function postern.refuse_truncate();
create trigger refuse_truncate before truncate on postern.logins execute function postern.refuse_truncate();
