-- The networks whose logins are refused, as the instances that refuse them report; and an admin who lets one try again tells
-- all instances through the change feed.

-- Unlogged, like live sessions: what blocks is in the memory of the instances, which report again.
create unlogged table postern.login_blocks (
  instance_id uuid not null,
  network cidr not null,
  bad_tokens integer not null,
  since timestamptz not null,
  until timestamptz not null,
  primary key (instance_id, network)
);
create index login_blocks_until on postern.login_blocks (until);

alter table postern.changes add column network cidr;
alter table postern.changes drop constraint changes_kind_check;
alter table postern.changes add constraint changes_kind_check check (kind in (
  'key-revoked', 'account-disabled', 'account-deleted', 'account-changed', 'database-changed', 'database-removed',
  'session-ended', 'login-block-removed'
));
