-- Where a service account may log in from. null: from anywhere. Said when the account is made; of a pinned one it never
-- changes, like the rest of it.

alter table postern.accounts add column allow_from cidr[];
alter table postern.accounts add constraint accounts_allow_from check (
  allow_from is null or (
    kind = 'service' and cardinality(allow_from) between 1 and 100 and array_position(allow_from, null) is null
  )
);

-- Logins depend on it, so proxies hear of it.
drop trigger queue_writer on postern.accounts;
create trigger queue_writer before insert or delete or update of
    id, name, kind, scope, pinned_role, maker_id, scram_salt, scram_iterations, disabled_at, deleted_at, org_role,
    allow_from
  on postern.accounts for each statement execute function postern.queue_writer();
drop trigger tell_update on postern.accounts;
create trigger tell_update after update on postern.accounts for each row
  when ((old.id, old.name, old.kind, old.scope, old.pinned_role, old.maker_id, old.scram_salt, old.scram_iterations,
         old.disabled_at, old.deleted_at, old.allow_from) is distinct from
        (new.id, new.name, new.kind, new.scope, new.pinned_role, new.maker_id, new.scram_salt, new.scram_iterations,
         new.disabled_at, new.deleted_at, new.allow_from))
  execute function postern.accounts_change();
