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
