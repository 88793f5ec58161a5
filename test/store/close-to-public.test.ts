// `migrate` closes the store's database to PUBLIC, and locks no instance out.

import pg from 'pg'
import t from 'tap'
import { warnOfOpenStore } from '../../src/compose/open-store-warning.js'
import type { Logger } from '../../src/ops/log.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore } from '../../src/store/pool.js'
import { testServer } from '../support/postgres.js'
import { migrateTo } from './migrate-to.js'

const server = await testServer(t)
const PASSWORD = 'of-the-role'

async function sql(url: string, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(text).finally(() => client.end())
}

/** Makes a login role and returns the URL of the same database for it. */
async function login(url: string, name: string): Promise<string> {
  await sql(url, `create role ${pg.escapeIdentifier(name)} login password '${PASSWORD}'`)
  return Object.assign(new URL(url), { username: encodeURIComponent(name), password: PASSWORD }).href
}

/** The SQLSTATE with which the server refuses a connection, or null. */
async function refusal(url: string): Promise<string | null> {
  try {
    await sql(url, 'select 1')
    return null
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown'
  }
}

async function notesOf(url: string): Promise<string[]> {
  const notes: string[] = []
  await migrate(url, { note: text => notes.push(text) })
  return notes
}

function dbnameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

void t.test(
  'no other login of the server enters the store once it is migrated, also if it was there before',
  async t => {
    for (const prepare of [() => Promise.resolve(), (url: string) => migrateTo(url, '0012_login_counts')]) {
      const url = await server.freshDatabase()
      await prepare(url)
      const stranger = await login(url, `stranger of ${dbnameOf(url)}`)
      t.equal(await refusal(stranger), null)
      t.match(await notesOf(url), [/^Revoked CONNECT and TEMPORARY .*PUBLIC\.$/])
      t.equal(await refusal(stranger), '42501')
      t.equal(await refusal(url), null)
      t.same(await notesOf(url), [], 'and nothing is left to do')
      await sql(url, `grant connect on database ${dbnameOf(url)} to public`)
      t.equal((await notesOf(url)).length, 1, 'each migrate closes it')
      t.equal(await refusal(stranger), '42501')
    }
  },
)

void t.test('an owner who is no superuser closes it and keeps access', async t => {
  const url = await server.freshDatabase()
  const owner = await login(url, 'Owner of the store')
  await sql(url, `alter database ${dbnameOf(url)} owner to "Owner of the store"`)
  t.equal((await notesOf(owner)).length, 1)
  t.equal(await refusal(owner), null)
})

void t.test('an instance that runs as another role than the one that migrates keeps access', async t => {
  const url = await server.freshDatabase()
  await migrateTo(url, '0012_login_counts')
  const instance = await login(url, 'Instance')
  const member = await login(url, 'member')
  const stranger = await login(url, 'stranger')
  await sql(
    url,
    'grant usage on schema postern to "Instance"; create role instances; grant usage on schema postern to instances',
  )
  await sql(url, 'grant instances to member')
  t.match(await notesOf(url), [/; granted CONNECT to "Instance", instances\.$/])
  t.equal(await refusal(instance), null)
  t.equal(await refusal(member), null)
  t.equal(await refusal(stranger), '42501')
})

void t.test(
  'a role that may not revoke is given the SQL, migrates all the same, and is not locked out by it',
  async t => {
    const url = await server.freshDatabase()
    const guest = await login(url, 'guest role')
    await sql(url, `grant create on database ${dbnameOf(url)} to "guest role"`)
    const notes = await notesOf(guest)
    t.match(notes, [
      /^Warning: .* Run as its owner or a superuser: GRANT CONNECT .*"guest role"; REVOKE .* FROM PUBLIC;$/,
    ])
    await migrate(guest)

    const warnings: object[] = []
    const log = { warn: (fields: object) => void warnings.push(fields) } as unknown as Logger
    const store = openStore(guest)
    t.teardown(() => store.close())
    await warnOfOpenStore(store, log)
    const statements = notes[0]?.slice(notes[0].indexOf('GRANT'))
    t.same(warnings, [{ sql: statements }], 'serve warns with the same SQL')

    const stranger = await login(url, 'another stranger')
    await sql(url, statements ?? '')
    t.equal(await refusal(stranger), '42501')
    t.equal(await refusal(guest), null)
    await warnOfOpenStore(store, log)
    t.equal(warnings.length, 1, 'and no longer')
  },
)

void t.test('TEMPORARY that PUBLIC has is revoked too, where CONNECT was revoked before', async t => {
  const url = await server.freshDatabase()
  await migrate(url)
  await sql(url, `grant temporary on database ${dbnameOf(url)} to public`)
  const warnings: unknown[] = []
  const log = { warn: (...logged: unknown[]) => void warnings.push(logged) } as unknown as Logger
  const store = openStore(url)
  t.teardown(() => store.close())
  await warnOfOpenStore(store, log)
  const revoke = `REVOKE TEMPORARY ON DATABASE ${dbnameOf(url)} FROM PUBLIC;`
  t.match(warnings, [[{ sql: revoke }, /^PUBLIC has TEMPORARY .*: run the SQL as its owner or a superuser$/]])
  t.same(await notesOf(url), ["Revoked TEMPORARY on the store's database from PUBLIC."])
  t.same(await notesOf(url), [])
})

void t.test('a grant to PUBLIC by a third role is revoked as that role', async t => {
  const url = await server.freshDatabase()
  const database = dbnameOf(url)
  const owner = await login(url, 'owner without power')
  const third = await login(url, 'a "third"')
  const stranger = await login(url, 'stranger at the third')
  await sql(url, `alter database ${database} owner to "owner without power"`)
  await notesOf(owner)
  await sql(owner, `grant connect, temporary on database ${database} to "a ""third""" with grant option`)
  const reopen = () => sql(third, `grant connect, temporary on database ${database} to public`)

  await reopen()
  const notes = await notesOf(owner)
  const statements = `SET ROLE "a ""third"""; REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC; RESET ROLE;`
  t.match(notes, [/^Warning: every login .* Run as a superuser: /], 'the owner cannot')
  t.equal(notes[0]?.slice(notes[0].indexOf('SET ROLE')), statements)
  t.equal(await refusal(stranger), null)
  await sql(url, statements)
  t.equal(await refusal(stranger), '42501', 'the SQL does it')
  t.same(await notesOf(owner), [])

  await reopen()
  await sql(url, `grant connect on database ${database} to public`)
  t.match(await notesOf(url), [/^Revoked CONNECT and TEMPORARY .*PUBLIC\.$/], 'a superuser can')
  t.equal(await refusal(stranger), '42501')
  t.equal(await refusal(third), null)

  await reopen()
  await sql(url, 'grant "a ""third""" to "owner without power"')
  t.match(await notesOf(owner), [/^Revoked CONNECT and TEMPORARY .*PUBLIC\.$/], 'an owner that may become the role can')
  t.equal(await refusal(stranger), '42501')
})

void t.test(
  'logins that used the store as a member of others, or read all tables, are not cut off unnoticed',
  async t => {
    const url = await server.freshDatabase()
    await sql(url, 'create role "store owner"; create role "store users"')
    const [member, user, backup, provisioned, stranger] = await Promise.all(
      ['member of owner', 'member of users', 'Backup', 'postern_shop_reader', 'no member'].map(name =>
        login(url, name),
      ),
    )
    await migrateTo(url, '0012_login_counts')
    await sql(
      url,
      `alter schema postern owner to "store owner"; grant usage on schema postern to "store users";
     alter role "member of owner" noinherit; grant "store owner" to "member of owner";
     alter role "member of users" noinherit; grant "store users" to "member of users";
     grant pg_read_all_data to "Backup", postern_shop_reader`,
    )
    const notes = await notesOf(url)
    t.match(notes, [
      /; granted CONNECT to "member of owner", "member of users", "store owner", "store users"\.$/,
      /^Warning: "Backup" may read every table by .* but can no longer connect .* GRANT CONNECT on it to those /,
    ])
    for (const kept of [member, user]) t.equal(await refusal(kept ?? ''), null)
    for (const cut of [backup, provisioned, stranger]) t.equal(await refusal(cut ?? ''), '42501')
    t.same(await notesOf(url), [])

    await sql(
      url,
      `grant connect on database ${dbnameOf(url)} to "Backup"; grant connect on database ${dbnameOf(url)} to public`,
    )
    t.equal((await notesOf(url)).length, 1, 'a login with a grant needs no word')
    t.equal(await refusal(backup ?? ''), null)
  },
)
