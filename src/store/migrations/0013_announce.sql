-- NOTIFY must not be able to fail a change. The queue of notifications is one for the whole server, a session that listens in
-- an open transaction keeps it from being emptied, and when it is full, COMMIT fails (54000): any login of the server could stop
-- all revocations. PostgreSQL manual, "NOTIFY".
--
-- A writer that announces its changes after their commit sets postern.announce to off for the transaction, and reads
-- postern.newest_change before it ends. For all others, such as an operator in psql or an older version of Postern, the change
-- is still announced here, but only while the queue has room. What is not announced is found by the poll.
create or replace function postern.announce_changes() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  newest bigint;
begin
  select max(seq) into newest from added;
  if newest is null then
    return null;
  end if;
  if current_setting('postern.announce', true) = 'off' then
    perform set_config('postern.newest_change', newest::text, true);
  elsif pg_notification_queue_usage() < 0.5 then
    perform pg_notify('postern_changes', newest::text);
  end if;
  return null;
end $$;
