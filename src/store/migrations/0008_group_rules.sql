-- A table has its own fields only: which one is asked for has to be decided before the row is looked at.
create or replace function postern.check_has_group() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  machine uuid;
begin
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

-- Account records carry the names of the databases that they reach, through groups too.
create function postern.databases_renamed() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform postern.emit_group_changed(group_id) from postern.group_grants where database_id = new.id;
  return null;
end $$;
create trigger tell_groups after update of name on postern.databases for each row
  when (old.name is distinct from new.name) execute function postern.databases_renamed();
