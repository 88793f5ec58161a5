import t from 'tap'
import pg from 'pg'
import type { Change } from '../../src/auth/sources.js'
import { deleteAccount, disableAccount, enableAccount, setPasswordHash } from '../../src/store/account-lifecycle.js'
import { Changes } from '../../src/store/changes.js'
import { removeDatabase, replaceLogins } from '../../src/store/databases.js'
import { removeGrant, setGrant } from '../../src/store/grants.js'
import { revokeAllKeys, revokeKey } from '../../src/store/keys.js'
import type { Store } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import {
  sampleDatabase,
  sampleKey,
  samplePerson,
  samplePinned,
  sampleStore,
  sampleStoreWithUrl,
  sealer,
} from './sample.js'

interface Test {
  teardown(handler: () => Promise<void>): void
}

const server = await testServer(t)
const DAY_MS = 86_400_000

/** Runs `act` and returns what it told the change feed, as "kind name-or-key-or-database". */
async function told(store: Store, act: () => Promise<unknown>): Promise<string[]> {
  const feed = new Changes(store)
  const { head } = await feed.readChanges(0, 1)
  await act()
  const { changes } = await feed.readChanges(head, 100)
  return changes.map(words).toSorted()
}

function words(change: Change): string {
  const { kind, accountName, keyId, databaseId } = change
  return [kind, accountName, keyId, databaseId].filter(word => word !== null).join(' ')
}

async function client(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  return client
}

void t.test('a new account is told, so that a cached "no such account" can be dropped', async t => {
  const store = await sampleStore(t, server)
  t.same(await told(store, () => samplePerson(store)), ['account-changed ada@example.com'])
})

void t.test('tells of keys: made, revoked, all revoked, given another expiry, deleted by hand', async t => {
  const store = await sampleStore(t, server)
  const { id, name } = await samplePerson(store)
  const key = await sampleKey(store, id)
  const others = [await sampleKey(store, id), await sampleKey(store, id)].map(key => key.id)
  const sql = (text: string) => () => store.run('change by hand', text, [key.id])
  const revoked = [`key-revoked ${name} ${key.id}`]
  const changed = [`account-changed ${name} ${key.id}`]

  t.equal((await told(store, () => sampleKey(store, id))).length, 1)
  t.same(await told(store, sql('update postern.api_keys set expires_at = now() where id = $1')), changed)
  t.same(await told(store, sql("update postern.api_keys set name = 'other' where id = $1")), [])
  t.same(await told(store, () => revokeKey(store, key.id)), revoked)
  t.same(await told(store, () => revokeKey(store, key.id)), [], 'revoking again is no news')
  t.same(await told(store, sql('update postern.api_keys set revoked_at = null where id = $1')), changed)
  t.same(await told(store, sql('delete from postern.api_keys where id = $1')), revoked)
  const all = await told(store, () => revokeAllKeys(store, id))
  t.equal(all.length, 3)
  t.same(
    others.every(other => all.includes(`key-revoked ${name} ${other}`)),
    true,
  )
})

void t.test('tells of a person being disabled, enabled and deleted, and of the pinned accounts it made', async t => {
  const store = await sampleStore(t, server)
  const { maker } = await samplePinned(store)
  const pair = ['account-changed ada@example.com', 'account-changed robot']
  t.same(await told(store, () => disableAccount(store, maker.id)), [...pair, 'account-disabled ada@example.com'])
  t.same(await told(store, () => disableAccount(store, maker.id)), [], 'disabling again is no news')
  t.same(await told(store, () => enableAccount(store, maker.id)), pair)
  t.same(await told(store, () => setPasswordHash(store, maker.id, '$argon2id$other')), [], 'a password is no news')
  const key = await sampleKey(store, maker.id)
  const deleted = await told(store, () => withTransaction(store, tx => deleteAccount(tx, maker.id)))
  t.ok(deleted.includes('account-deleted ada@example.com'))
  t.ok(deleted.includes(`key-revoked ada@example.com ${key.id}`))
  t.ok(deleted.includes('account-changed robot'))
})

void t.test('tells of a rename by hand under both names', async t => {
  const store = await sampleStore(t, server)
  await samplePerson(store)
  const rename = () => store.run('rename', "update postern.accounts set name = 'eve@example.com'")
  t.same(await told(store, rename), ['account-changed ada@example.com', 'account-changed eve@example.com'])
})

void t.test('tells of grants: for the person, and for every pinned account it made', async t => {
  const store = await sampleStore(t, server)
  const { maker, database } = await samplePinned(store)
  const pair = ['account-changed ada@example.com', 'account-changed robot']
  const grant = { accountId: maker.id, databaseId: database.id, role: 'reader' } as const
  t.same(await told(store, () => setGrant(store, grant)), pair)
  t.same(await told(store, () => removeGrant(store, maker.id, database.id)), pair)
})

void t.test('tells of pinned databases', async t => {
  const store = await sampleStore(t, server)
  await samplePinned(store)
  const unpin = () => store.run('unpin', 'delete from postern.pinned_databases')
  t.same(await told(store, unpin), ['account-changed robot'])
})

void t.test('tells of databases: new, given other logins, renamed by hand, removed', async t => {
  const store = await sampleStore(t, server)
  const { database } = await samplePinned(store)
  const changed = `database-changed ${database.id}`
  const logins = { reader: { user: 'a', password: 'b' }, writer: { user: 'c', password: 'd' } }
  const replace = () =>
    withTransaction(store, tx => replaceLogins(tx, sealer, database.id, { ...logins, admin: logins.reader }))
  const accounts = ['account-changed ada@example.com', 'account-changed robot']

  t.ok((await told(store, () => sampleDatabase(store, 'other'))).every(word => word.startsWith('database-changed')))
  t.same(new Set(await told(store, replace)), new Set([changed]))
  const rename = () => store.run('rename', "update postern.databases set name = 'store' where name = 'shop'")
  t.same(new Set(await told(store, rename)), new Set([...accounts, changed]))
  const removal = await told(store, () => removeDatabase(store, database.id))
  t.same(new Set(removal), new Set([...accounts, `database-removed ${database.id}`]))
})

void t.test('refuses TRUNCATE, which would tell no one', async t => {
  const store = await sampleStore(t, server)
  for (const table of ['accounts', 'api_keys', 'grants', 'pinned_databases', 'databases', 'logins']) {
    await t.rejects(
      store.run('truncate', `truncate postern.${table} cascade`),
      { name: 'StoreError', message: /P0001/ },
      table,
    )
  }
})

void t.test('a writer that commits late is never passed over: the next writer waits for it', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const ada = await samplePerson(store)
  const eve = await samplePerson(store, 'eve@example.com')
  const feed = new Changes(store)
  const { head } = await feed.readChanges(0, 1)
  const [early, late] = [await client(t, url), await client(t, url)]

  await early.query('begin')
  await early.query('update postern.accounts set disabled_at = now() where id = $1', [ada.id])
  const overtaking = late.query('update postern.accounts set disabled_at = now() where id = $1', [eve.id])
  await untilWaiting(store)
  t.match(await feed.readChanges(head, 10), { changes: [], head }, 'neither is committed')
  await early.query('commit')
  await overtaking

  const { changes } = await feed.readChanges(head, 10)
  const disabled = changes.filter(change => change.kind === 'account-disabled')
  t.same(
    disabled.map(change => change.accountName),
    ['ada@example.com', 'eve@example.com'],
  )
})

void t.test('writers of the same rows in opposite order wait for each other, and do not deadlock', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const ada = await samplePerson(store)
  const eve = await samplePerson(store, 'eve@example.com')
  const [one, two] = [await client(t, url), await client(t, url)]
  const disable = 'update postern.accounts set disabled_at = now() where id = $1'
  await one.query('begin')
  await one.query(disable, [ada.id])
  await two.query('begin')
  const waiting = two.query(disable, [eve.id])
  await untilWaiting(store)
  await one.query(disable, [eve.id])
  await one.query('commit')
  await waiting
  await two.query(disable, [ada.id])
  await two.query('commit')
  t.match(await store.run('count', 'select count(*)::int as n from postern.accounts where disabled_at is not null'), [
    { n: 2 },
  ])
})

void t.test('reads in pages, in order, with the head of the snapshot', async t => {
  const store = await sampleStore(t, server)
  const feed = new Changes(store)
  t.match(await feed.readChanges(0, 10), { changes: [], head: 0, missed: false }, 'a fresh store')
  for (const name of ['a', 'b', 'c']) await samplePerson(store, `${name}@example.com`)
  const first = await feed.readChanges(0, 2)
  t.same(first.changes.map(words), ['account-changed a@example.com', 'account-changed b@example.com'])
  const rest = await feed.readChanges(first.changes.at(-1)?.seq ?? 0, 2)
  t.same(rest.changes.map(words), ['account-changed c@example.com'])
  t.equal(first.head, rest.head)
  t.equal(rest.head, rest.changes.at(-1)?.seq)
})

void t.test('reads what was written within a window, by the clock of the store', async t => {
  const store = await sampleStore(t, server)
  const feed = new Changes(store)
  await samplePerson(store)
  await store.run('age', "update postern.changes set at = at - interval '1 hour'")
  await samplePerson(store, 'eve@example.com')
  const { changes, storeTime } = await feed.readRecentChanges(60_000, 10)
  t.same(changes.map(words), ['account-changed eve@example.com'])
  t.ok(Math.abs(storeTime - (changes[0]?.at ?? 0)) < 60_000)
  t.equal((await feed.readRecentChanges(2 * 3_600_000, 10)).changes.length, 2)
})

void t.test('pruning takes old changes only, keeps the head, and tells a reader who comes too late', async t => {
  const store = await sampleStore(t, server)
  const feed = new Changes(store)
  await samplePerson(store)
  const { head } = await feed.readChanges(0, 10)
  t.equal(await feed.prune(DAY_MS), 0, 'too young')
  await store.run('age', "update postern.changes set at = at - interval '25 hours'")
  t.same(
    (await Promise.all([feed.prune(DAY_MS), feed.prune(DAY_MS)])).toSorted((a, b) => a - b),
    [0, 1],
    'two at once',
  )
  t.match(await feed.readChanges(0, 10), { changes: [], head, missed: true })
  t.match(await feed.readChanges(head, 10), { changes: [], head, missed: false })
  await samplePerson(store, 'eve@example.com')
  t.match(await feed.readChanges(head, 10), { changes: [{ seq: head + 1 }], head: head + 1, missed: false })
})

/** Resolves once some connection waits for a lock. */
async function untilWaiting(store: Store): Promise<void> {
  const sql = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  const deadline = Date.now() + 10_000
  while ((await store.run('look for a waiting writer', sql)).length === 0) {
    if (Date.now() > deadline) throw new Error('no writer waits')
  }
}
