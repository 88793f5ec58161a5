import t from 'tap'
import { reach } from '../../src/auth/policy.js'
import { deleteAccount, disableAccount } from '../../src/store/account-lifecycle.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { Changes } from '../../src/store/changes.js'
import { setGrant } from '../../src/store/grants.js'
import { revokeKey } from '../../src/store/keys.js'
import type { Executor } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleDatabase, sampleKey, samplePerson, samplePinned, sampleStore } from './sample.js'

const server = await testServer(t)

void t.test('gives a person with keys and grants, all that a login is checked against', async t => {
  const store = await sampleStore(t, server)
  const ada = await samplePerson(store)
  const shop = await sampleDatabase(store)
  await setGrant(store, { accountId: ada.id, databaseId: shop.id, role: 'writer' })
  const credential = { argon2: '$argon2id$a', storedKey: Buffer.alloc(32, 1), serverKey: Buffer.alloc(32, 2) }
  const active = await sampleKey(store, ada.id, { credential })
  const revoked = await sampleKey(store, ada.id, { expiresAt: 2_000_000_000_123 })
  await revokeKey(store, revoked.id)

  const { value } = await new AccountRecords(store).loadAccount('ada@example.com')
  t.match(value, { id: ada.id, name: 'ada@example.com', kind: 'personal', state: 'active', scram: ada.scram })
  t.equal(value?.scram.salt.length, 16)
  t.same(value?.keys, [
    { id: active.id, expiresAt: null, revoked: false, ...credential },
    { ...value?.keys[1], id: revoked.id, expiresAt: 2_000_000_000_123, revoked: true },
  ])
  t.same(value?.scope, {
    type: 'personal',
    grants: [{ databaseId: shop.id, database: 'shop', role: 'writer', group: null }],
  })
})

void t.test('gives a pinned account with its databases and what its maker has now', async t => {
  const store = await sampleStore(t, server)
  const { maker, database } = await samplePinned(store, 'admin')
  const records = new AccountRecords(store)
  const load = async () => (await records.loadAccount('robot')).value
  const grant = { databaseId: database.id, database: 'shop', role: 'writer', group: null }
  const robot = await load()
  t.same(robot?.scope, {
    type: 'pinned',
    role: 'admin',
    databases: [{ id: database.id, name: 'shop' }],
    maker: { name: 'ada@example.com', state: 'active', grants: [grant] },
  })
  t.same(robot && reach(robot).map(({ role }) => role), ['writer'], 'capped by its maker')
  await disableAccount(store, maker.id)
  t.match(await load(), { state: 'active', scope: { maker: { state: 'disabled' } } })
  await withTransaction(store, tx => deleteAccount(tx, maker.id))
  t.match(await load(), { scope: { maker: { state: 'deleted', grants: [] } } })
})

void t.test('finds no deleted account by name, but by the id of a key in whatever state it is', async t => {
  const store = await sampleStore(t, server)
  const records = new AccountRecords(store)
  const ada = await samplePerson(store)
  const key = await sampleKey(store, ada.id)
  t.match((await records.loadAccountByKeyId(key.id)).value, { id: ada.id, state: 'active' })
  await disableAccount(store, ada.id)
  t.match((await records.loadAccount(ada.name)).value, { state: 'disabled' })
  await withTransaction(store, tx => deleteAccount(tx, ada.id))
  t.equal((await records.loadAccount(ada.name)).value, null)
  t.match((await records.loadAccountByKeyId(key.id)).value, { state: 'deleted', keys: [{ revoked: true }] })
  t.equal((await records.loadAccountByKeyId('nonesuch')).value, null)
  const again = await samplePerson(store)
  t.match((await records.loadAccount(ada.name)).value, { id: again.id, state: 'active', keys: [] })
})

void t.test('the answer says which change its snapshot shows, also when there is no such account', async t => {
  const store = await sampleStore(t, server)
  const records = new AccountRecords(store)
  t.same(await records.loadAccount('nobody'), { asOf: 0, value: null }, 'a fresh store')
  await samplePerson(store)
  const { head } = await new Changes(store).readChanges(0, 1)
  t.ok(head > 0)
  t.same(await records.loadAccount('nobody'), { asOf: head, value: null })
})

void t.test('an answer taken before a revocation commits does not claim to show it', async t => {
  const store = await sampleStore(t, server)
  const ada = await samplePerson(store)
  const key = await sampleKey(store, ada.id)
  const records = new AccountRecords(store)
  const answer = async (from: AccountRecords) => {
    const { asOf, value } = await from.loadAccount(ada.name)
    return { asOf, revoked: value?.keys[0]?.revoked }
  }
  const before = await answer(records)
  await withTransaction(store, async tx => {
    await revokeKey(tx, key.id)
    t.same(await answer(records), before, 'seen from outside')
    t.same(await answer(new AccountRecords(tx)), { asOf: before.asOf + 1, revoked: true }, 'seen from inside')
  })
  t.same(await answer(records), { asOf: before.asOf + 1, revoked: true })
})

void t.test('asks for record and change in a single statement', async t => {
  const store = await sampleStore(t, server)
  let statements = 0
  const counting: Executor = {
    run: (doing, sql, values) => {
      statements++
      return store.run(doing, sql, values)
    },
  }
  await samplePinned(store)
  await new AccountRecords(counting).loadAccount('robot')
  t.equal(statements, 1)
})
