-- The audit log: who changed what, who was refused, and, as far as it is asked for, who used which key. Append-only and
-- chained: each row's hash covers the row and the hash before it, so one that was altered, cut out or moved shows.

create table postern.audit_events (
  seq bigint primary key,
  at timestamptz not null,
  -- null: nobody who is known, or Postern itself.
  actor_id uuid,
  actor text,
  actor_key text,
  via text not null check (via in ('key', 'console', 'proxy', 'system')),
  action text collate "C" not null,
  target text,
  outcome text not null check (outcome in ('done', 'refused')),
  -- Why it was refused: the code of the problem, or the true reason of a refused login.
  reason text,
  -- What a client was told to quote: a session's reference, or the instance of a problem.
  reference text,
  address text,
  before jsonb,
  after jsonb,
  previous_hash bytea not null,
  hash bytea not null
);
create index audit_events_at on postern.audit_events (at);
create index audit_events_actor on postern.audit_events (actor, seq);
create index audit_events_action on postern.audit_events (action, seq);
create index audit_events_target on postern.audit_events (target, seq);
create index audit_events_reference on postern.audit_events (reference) where reference is not null;

-- The newest row's number and hash, so that rows cut off at the end are missed too.
create table postern.audit_head (
  only_row boolean primary key default true check (only_row),
  seq bigint not null,
  hash bytea not null
);
insert into postern.audit_head (seq, hash) values (0, sha256('postern audit'));

-- Arrays of JSON have one text form only, and times go in as microseconds: no setting of a session bends the hash.
create function postern.audit_hash(e postern.audit_events) returns bytea
  language sql immutable
  begin atomic
    select pg_catalog.sha256((e).previous_hash || pg_catalog.convert_to(pg_catalog.jsonb_build_array(
      (e).seq, (extract(epoch from (e).at) * 1000000)::bigint, (e).actor_id, (e).actor, (e).actor_key, (e).via, (e).action,
      (e).target, (e).outcome, (e).reason, (e).reference, (e).address, (e).before, (e).after)::text, 'UTF8'));
  end;

create function postern.chain_audit_event() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- The lock of all writers, so that there is one order of locks only.
  perform postern.lock_changes();
  update postern.audit_head set seq = seq + 1 returning seq, hash into new.seq, new.previous_hash;
  new.at := clock_timestamp();
  new.hash := postern.audit_hash(new);
  update postern.audit_head set hash = new.hash;
  return new;
end $$;
create trigger chain before insert on postern.audit_events
  for each row execute function postern.chain_audit_event();

create function postern.refuse_audit_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the audit log is append-only' using errcode = '42501';
end $$;
create trigger append_only before update or delete or truncate on postern.audit_events
  for each statement execute function postern.refuse_audit_change();
create trigger append_only before delete or truncate on postern.audit_head
  for each statement execute function postern.refuse_audit_change();
-- Postern's own role owns the table, so it is told no twice.
revoke update, delete, truncate on postern.audit_events from current_user;
