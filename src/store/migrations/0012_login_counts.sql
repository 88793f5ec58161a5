-- Logins by minute and true reason, as the instances counted them: the last hour, for people to look at. Unlogged: it is
-- worth no write-ahead log, and a store that crashed begins to count again.
create unlogged table postern.login_counts (
  instance_id uuid not null,
  -- The instance's own number of the minute, so that telling the same again changes nothing.
  minute integer not null,
  -- none: admitted.
  reason text collate "C" not null,
  -- When that minute began, by the clock of the store.
  began_at timestamptz not null,
  count integer not null,
  primary key (instance_id, minute, reason)
);
create index login_counts_age on postern.login_counts (began_at);
