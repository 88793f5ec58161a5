-- Whether an instance hears of changes as they are committed; null: it runs an older version, which does not tell.
alter table postern.instances add column push_up boolean;
