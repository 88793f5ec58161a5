-- What was done to an account is found by its name, also where the target names a key, a group or a database beside it; and
-- what was done to a key and with it, by its id. Each index has the rows of a word in their order. A whole target is found by
-- its words.
drop index postern.audit_events_target;
create index audit_events_word1 on postern.audit_events (split_part(target, ' ', 1), seq);
create index audit_events_word2 on postern.audit_events (split_part(target, ' ', 2), seq)
  where split_part(target, ' ', 2) <> '';
create index audit_events_actor_key on postern.audit_events (actor_key, seq) where actor_key is not null;

-- Clients choose these texts. Versions before this one stored tokens that were put there.
update postern.key_uses set application = null where application ~* 'pstn(_|%)';
update postern.console_sessions set user_agent = null where user_agent ~* 'pstn(_|%)';
