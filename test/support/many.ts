// Many rows at once, written directly into the store: what a list with pages is tested with.

import type { Store } from '../../src/store/pool.js'

export interface ManyAccounts {
  /** Names are this and four digits, from 0000. */
  readonly prefix: string
  readonly howMany: number
  /** Pinned to this database, as reader. */
  readonly databaseId: string
  readonly makerId: string
}

/** Creates pinned service accounts without keys. */
export async function manyAccounts(store: Store, { prefix, howMany, databaseId, makerId }: ManyAccounts) {
  await store.run(
    'create many accounts',
    `with made as (
       insert into postern.accounts (name, kind, scope, pinned_role, maker_id, scram_salt, scram_iterations)
       select $1 || lpad(i::text, 4, '0'), 'service', 'pinned', 'reader', $3, decode(md5(i::text), 'hex'), 4096
       from generate_series(0, $2 - 1) i returning id)
     insert into postern.pinned_databases (account_id, database_id) select id, $4 from made`,
    [prefix, howMany, makerId, databaseId],
  )
}

/** Creates groups without members. */
export async function manyGroups(store: Store, prefix: string, howMany: number) {
  await store.run(
    'create many groups',
    `insert into postern.groups (name) select $1 || lpad(i::text, 4, '0') from generate_series(0, $2 - 1) i`,
    [prefix, howMany],
  )
}

/** Creates databases that no server stands behind, on each of which a person is reader. */
export async function manyDatabases(store: Store, prefix: string, howMany: number, readerId: string) {
  await store.run(
    'create many databases',
    `with made as (
       insert into postern.databases (name, host, port, dbname, ssl_mode)
       select $1 || lpad(i::text, 4, '0'), '127.0.0.1', 1, 'none', 'disable' from generate_series(0, $2 - 1) i
       returning id)
     , logins as (
       insert into postern.logins (database_id, role, username, sealed_password)
       select id, role, role, '' from made, unnest(array['reader', 'writer', 'admin']) role)
     insert into postern.grants (account_id, database_id, role) select $3, id, 'reader' from made`,
    [prefix, howMany, readerId],
  )
}

/** Creates members who have no password. */
export async function manyPeople(store: Store, prefix: string, howMany: number) {
  await store.run(
    'create many people',
    `insert into postern.accounts (name, kind, scope, org_role, scram_salt, scram_iterations)
     select $1 || lpad(i::text, 4, '0') || '@example.com', 'personal', 'personal', 'member', decode(md5(i::text), 'hex'), 4096
     from generate_series(0, $2 - 1) i`,
    [prefix, howMany],
  )
}
