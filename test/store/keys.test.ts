import t from 'tap'
import { deleteAccount } from '../../src/store/account-lifecycle.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { listExpiringKeys } from '../../src/store/expiring-keys.js'
import { countActiveKeys, getKey, listKeys, revokeAllKeys, revokeKey } from '../../src/store/keys.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleKey, samplePerson, samplePinned, sampleStore } from './sample.js'

const server = await testServer(t)
const NO_ACCOUNT = '00000000-0000-4000-8000-000000000000'

void t.test('holds the limit when keys are made at the same moment', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  const made = await Promise.allSettled(Array.from({ length: 8 }, () => sampleKey(store, id, { limit: 5 })))
  t.equal(made.filter(({ status }) => status === 'fulfilled').length, 5)
  t.equal(await countActiveKeys(store, id), 5)
  for (const refused of made.filter(result => result.status === 'rejected')) {
    t.match(refused.reason, { code: 'key_limit_reached' })
  }
})

void t.test('revoked and expired keys do not count towards the limit', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  const key = await sampleKey(store, id, { limit: 1 })
  await t.rejects(sampleKey(store, id, { limit: 1 }), { message: /key_limit_reached/ })
  await revokeKey(store, key.id)
  await sampleKey(store, id, { limit: 1, expiresAt: Date.now() - 1000 })
  await sampleKey(store, id, { limit: 1 })
})

void t.test('refuses a key for an account that is not there, or deleted', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  await withTransaction(store, tx => deleteAccount(tx, id))
  for (const account of [id, NO_ACCOUNT, 'not-a-uuid']) {
    await t.rejects(sampleKey(store, account), { message: /not_found/ }, account)
  }
})

void t.test('keeps name, description and expiry to the millisecond', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  const expiresAt = Date.now() + 86_400_123
  const key = await sampleKey(store, id, { name: 'ci', description: 'for the nightly build', expiresAt })
  t.match(key, { accountId: id, name: 'ci', description: 'for the nightly build', expiresAt, revokedAt: null })
  t.match(await getKey(store, key.id), key)
  t.match(await sampleKey(store, id), { name: null, description: null, expiresAt: null })
  await t.rejects(getKey(store, 'nonesuch'), { message: /not_found/ })
})

void t.test('revokes one key and no other, and the first time of revocation stands', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  const key = await sampleKey(store, id)
  const other = await sampleKey(store, id)
  const revoked = await revokeKey(store, key.id)
  t.type(revoked.revokedAt, 'number')
  t.match(await revokeKey(store, key.id), { revokedAt: revoked.revokedAt })
  t.match(await getKey(store, other.id), { revokedAt: null })
  await t.rejects(revokeKey(store, 'nonesuch'), { message: /not_found/ })
})

void t.test('revokes all keys of an account, and none of another', async t => {
  const store = await sampleStore(t, server)
  const ada = await samplePerson(store)
  const eve = await samplePerson(store, 'eve@example.com')
  const mine = [await sampleKey(store, ada.id), await sampleKey(store, ada.id)].map(key => key.id)
  const hers = await sampleKey(store, eve.id)
  const { active, expired } = await revokeAllKeys(store, ada.id)
  t.same(new Set(active), new Set(mine))
  t.same(expired, [])
  t.same(await revokeAllKeys(store, ada.id), { active: [], expired: [] }, 'nothing left to revoke')
  t.equal(await countActiveKeys(store, eve.id), 1)
  t.match(await getKey(store, hers.id), { revokedAt: null })
})

void t.test('lists keys in pages, none twice and none left out, also when made at the same instant', async t => {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  for (let n = 0; n < 5; n++) await sampleKey(store, id)
  await store.run('same instant', 'update postern.api_keys set created_at = now()')
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof listKeys>> = await listKeys(store, id, { limit: 2, cursor })
    seen.push(...page.items.map(key => key.id))
    cursor = page.next
  } while (cursor !== null)
  t.equal(seen.length, 5)
  t.equal(new Set(seen).size, 5)
  t.same(seen, seen.toSorted())
  for (const cursor of ['', 'nonsense', Buffer.from('["a"]').toString('base64url'), 'WyJcdTAwMDAiLCJhIl0']) {
    await t.rejects(listKeys(store, id, { limit: 2, cursor }), { message: /bad_cursor/ }, cursor)
  }
})

void t.test('an account that rotates its keys for years has a record that does not grow without end', async t => {
  const store = await sampleStore(t, server)
  const { id, name } = await samplePerson(store)
  const first = await sampleKey(store, id)
  const fill = `insert into postern.api_keys (id, account_id, stored_key, server_key, argon2, created_at, revoked_at)
    select lpad(n::text, 12, '0'), $1, stored_key, server_key, argon2, now() + n * interval '1 second', now()
    from postern.api_keys, generate_series(1, 60) n`
  await store.run('fill', fill, [id])
  const { value } = await new AccountRecords(store).loadAccount(name)
  const ids = value?.keys.map(key => key.id) ?? []
  t.equal(ids.length, 51)
  t.ok(ids.includes(first.id), 'the active one')
  t.ok(ids.includes('000000000060') && !ids.includes('000000000010'), 'the newest of the others')
})

void t.test('lists active keys that expire soon, the first to expire first, of whom one manages', async t => {
  const store = await sampleStore(t, server)
  const { maker: ada, machine } = await samplePinned(store)
  const bob = await samplePerson(store, 'bob@example.com')
  const inDays = (days: number) => ({ expiresAt: Date.now() + days * 86_400_000 })
  const second = await sampleKey(store, ada.id, inDays(2))
  const first = await sampleKey(store, machine.id, inDays(1))
  const bobs = await sampleKey(store, bob.id, inDays(3))
  await sampleKey(store, ada.id, inDays(-1))
  await sampleKey(store, ada.id, inDays(30))
  await sampleKey(store, ada.id)
  await revokeKey(store, (await sampleKey(store, ada.id, inDays(1))).id)
  const list = async (managedBy?: string) =>
    (await listExpiringKeys(store, { managedBy, withinDays: 14 }, { limit: 10 })).items.map(({ id }) => id)
  t.strictSame(await list(), [first.id, second.id, bobs.id])
  t.strictSame(await list(ada.id), [first.id, second.id])
  const page = await listExpiringKeys(store, { withinDays: 14 }, { limit: 1 })
  const next = await listExpiringKeys(store, { withinDays: 14 }, { limit: 1, cursor: page.next })
  t.match(next.items, [{ id: second.id, account: ada.name }])
})
