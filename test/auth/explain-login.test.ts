// An explanation is what a login would come to: checked against the login itself.

import t from 'tap'
import type { AccountRecord } from '../../src/auth/account.js'
import { explainLogin } from '../../src/auth/explain-login.js'
import { grantFor } from '../../src/auth/grant.js'
import { judge } from '../../src/auth/principal.js'
import { RevocationList } from '../../src/auth/revocation-list.js'
import { change, grant, page, sampleAccount, sampleKey, TestClock } from './sample.js'

const { now } = new TestClock()
const key = await sampleKey()

function listWith(...changes: Parameters<typeof page>[0]): RevocationList {
  const list = new RevocationList({ maxAgeMs: 300_000, loginTimeoutMs: 15_000, now })
  list.apply(page(changes, { storeTime: 1_000_000 }), now())
  return list
}

const list = listWith()
const scope = { type: 'groups' as const, grants: [grant('shop', 'writer', 'staff')] }
const account = (options: Partial<AccountRecord> = {}) => ({
  asOf: 0,
  value: sampleAccount({ scope, keys: [key.record], ...options }),
})

void t.test('tells the role, or the first thing that stands in the way', async t => {
  const explained = (options: Partial<AccountRecord>) =>
    explainLogin(account(options), { database: 'shop', address: null }, list)
  t.match(explained({}), { role: 'writer', because: { rule: 'group', group: 'staff' } })
  t.equal(explainLogin({ asOf: 0, value: null }, { database: 'shop', address: null }, list), 'unknown_account')
  t.equal(explained({ state: 'disabled', keys: [] }), 'disabled')
  t.equal(explained({ state: 'deleted' }), 'deleted')
  t.equal(explained({ keys: [] }), 'no_active_key')
  t.equal(explained({ keys: [{ ...key.record, revoked: true }] }), 'no_active_key')
  t.equal(explained({ keys: [{ ...key.record, expiresAt: 1_000_000 }] }), 'no_active_key', 'just expired')
  t.match(explained({ keys: [{ ...key.record, expiresAt: 1_000_001 }] }), { role: 'writer' }, 'not yet')
  t.match(
    explained({ keys: [{ ...key.record, id: 'another', revoked: true }, key.record] }),
    { role: 'writer' },
    'one is enough',
  )
  t.equal(explainLogin(account(), { database: 'crm', address: null }, list), 'not_granted')
})

void t.test('tells of an address that the account may not log in from, and of no key before that', async t => {
  const from = (address: string | null, options: Partial<AccountRecord> = {}) =>
    explainLogin(account({ allowFrom: ['192.0.2.0/24'], ...options }), { database: 'shop', address }, list)
  t.match(from('192.0.2.7'), { role: 'writer' })
  t.match(from(null), { role: 'writer' }, 'wherever it may be')
  t.equal(from('198.51.100.7'), 'address')
  t.equal(from('198.51.100.7', { keys: [{ ...key.record, revoked: true }] }), 'no_active_key')
})

void t.test('a revocation that is known of counts, though the record is older', async t => {
  const loaded = account()
  const revoked = change(1, 'key-revoked', { keyId: key.keyId, accountId: loaded.value.id })
  t.equal(explainLogin(loaded, { database: 'shop', address: null }, listWith(revoked)), 'no_active_key')
})

void t.test('says yes exactly when a login with one of the keys would get a grant', async t => {
  const variants: Partial<AccountRecord>[] = [
    {},
    { state: 'disabled' },
    { keys: [] },
    { keys: [{ ...key.record, revoked: true }] },
    { scope: { type: 'groups', grants: [] } },
  ]
  for (const variant of variants) {
    const loaded = account(variant)
    const isExplained = typeof explainLogin(loaded, { database: 'shop', address: null }, list) !== 'string'
    const principal = judge(loaded, key.keyId, { revocations: list, address: null })
    const databases = { get: () => Promise.resolve({ asOf: 0, value: { logins: {} } }) } as never
    const isGranted =
      typeof principal !== 'string' &&
      (await grantFor(principal, 'shop', databases).then(
        () => true,
        () => false,
      ))
    t.equal(isExplained, isGranted, JSON.stringify(Object.keys(variant)))
  }
})
