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
