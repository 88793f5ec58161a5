import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { deleteAccount } from '../../src/store/account-lifecycle.js'
import type { ApiKey } from '../../src/store/api-key.js'
import { getKey, listKeys, revokeKey } from '../../src/store/keys.js'
import type { Store } from '../../src/store/pool.js'
import { lifetimeOf, rotateKey } from '../../src/store/rotate-key.js'
import { withTransaction } from '../../src/store/transaction.js'
import { testServer } from '../support/postgres.js'
import { sampleKey, samplePerson, sampleStore } from './sample.js'

const server = await testServer(t)
const HOUR_MS = 3_600_000

function rotate(store: Store, keyId: string, options: { graceMs?: number; limit?: number } = {}) {
  const credential = { argon2: '$argon2id$sample', storedKey: randomBytes(32), serverKey: randomBytes(32) }
  const successor = ({ accountId, name, description }: ApiKey) => ({
    ...{ id: mintToken().keyId, accountId, name, description, credential },
  })
  const rotation = { keyId, graceMs: HOUR_MS, limit: 5, ...options, successor }
  return withTransaction(store, tx => rotateKey(tx, rotation))
}

async function sample(t: Test, extra: Parameters<typeof sampleKey>[2] = {}) {
  const store = await sampleStore(t, server)
  const { id } = await samplePerson(store)
  return { store, accountId: id, key: await sampleKey(store, id, { name: 'ci', ...extra }) }
}

void t.test('the old key works until the grace period is over, and names its successor', async t => {
  const { store, key } = await sample(t)
  const startedAt = Date.now()
  const { before, old, successor } = await rotate(store, key.id)
  t.strictSame(before, key)
  t.match(old, { id: key.id, state: 'active', revokedAt: null, successorId: successor.id })
  t.ok(Math.abs((old.expiresAt ?? 0) - startedAt - HOUR_MS) < 60_000)
  t.match(successor, { name: 'ci', state: 'active', successorId: null })
  t.strictSame(await getKey(store, key.id), old)
})

void t.test('but never longer than it would have', async t => {
  const expiresAt = Date.now() + HOUR_MS
  const { store, key } = await sample(t, { expiresAt })
  t.equal((await rotate(store, key.id, { graceMs: 2 * HOUR_MS })).old.expiresAt, expiresAt)
})

void t.test('without a grace period it is revoked at once', async t => {
  const { store, key } = await sample(t)
  const { old } = await rotate(store, key.id, { graceMs: 0, limit: 1 })
  t.match(old, { state: 'revoked', expiresAt: null })
})

void t.test('both keys count while both work; where there is no room nothing happens', async t => {
  const { store, key, accountId } = await sample(t)
  await t.rejects(rotate(store, key.id, { limit: 1 }), { code: 'key_limit_reached' })
  t.strictSame((await listKeys(store, accountId, { limit: 9 })).items, [key])
})

void t.test('a key that does not work can not be rotated, nor one whose successor works', async t => {
  const { store, key, accountId } = await sample(t)
  const { successor } = await rotate(store, key.id)
  await t.rejects(rotate(store, key.id), { code: 'key_not_active' })
  await revokeKey(store, successor.id)
  await rotate(store, key.id)
  const expired = await sampleKey(store, accountId, { expiresAt: Date.now() - 1 })
  for (const { id } of [successor, expired]) await t.rejects(rotate(store, id), { code: 'key_not_active' })
  await t.rejects(rotate(store, 'nonesuch'), { code: 'not_found' })
  const [left] = (await listKeys(store, accountId, { limit: 9 }, 'active')).items
  await withTransaction(store, tx => deleteAccount(tx, accountId))
  await t.rejects(rotate(store, left?.id ?? ''), { code: 'key_not_active' })
})

void t.test('of two who rotate a key at the same moment, one does', async t => {
  const { store, key, accountId } = await sample(t)
  const outcomes = await Promise.allSettled([rotate(store, key.id), rotate(store, key.id)])
  t.strictSame(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.equal((await listKeys(store, accountId, { limit: 9 })).items.length, 2)
})

void t.test('a key was made for a time, or for ever', async t => {
  t.equal(lifetimeOf({ createdAt: 1000, expiresAt: 5000 }), 4000)
  t.equal(lifetimeOf({ createdAt: 1000, expiresAt: null }), null)
})
