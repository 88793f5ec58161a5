import t from 'tap'
import type { GrantRecord } from '../../src/auth/account.js'
import type { Principal } from '../../src/auth/principal.js'
import type { DatabaseRecord } from '../../src/auth/database.js'
import { FreshCache } from '../../src/auth/fresh-cache.js'
import { grantFor } from '../../src/auth/grant.js'
import { grant, idOf, refusalOf, sampleAccount, sampleDatabase, sampleKey, TestClock } from './sample.js'

const key = await sampleKey()

function principalWith(...grants: readonly GrantRecord[]): Principal {
  return { account: sampleAccount({ keys: [key.record], scope: { type: 'groups', grants } }), key: key.record, asOf: 7 }
}

/** A cache before a store that has these databases as of change 5, and what it was asked. */
function cacheOf(...databases: readonly DatabaseRecord[]): { cache: FreshCache<DatabaseRecord>; asked: string[] } {
  const asked: string[] = []
  const load = async (id: string) => {
    asked.push(id)
    return { asOf: 5, value: databases.find(database => database.id === id) ?? null }
  }
  return { cache: new FreshCache({ max: 10, maxAgeMs: 1000, now: new TestClock().now, load }), asked }
}

const shop = sampleDatabase('shop')

void t.test('gives the login that stands for the role', async t => {
  for (const role of ['reader', 'writer', 'admin'] as const) {
    const granted = await grantFor(principalWith(grant('shop', role)), 'shop', cacheOf(shop).cache)
    t.same(granted, { role, database: shop, login: shop.logins[role], asOf: 5 })
  }
})

void t.test('is as of the older one of the snapshots it was decided on', async t => {
  const principal = principalWith(grant('shop', 'reader'))
  t.equal((await grantFor(principal, 'shop', cacheOf(shop).cache)).asOf, 5)
  t.equal((await grantFor({ ...principal, asOf: 3 }, 'shop', cacheOf(shop).cache)).asOf, 3)
})

void t.test('refuses a database that is unknown, not granted or just removed, in the same words', async t => {
  const principal = principalWith(grant('shop', 'reader'))
  const refusals = await Promise.all([
    refusalOf(grantFor(principal, 'nowhere', cacheOf(shop).cache)),
    refusalOf(grantFor(principal, 'crm', cacheOf(shop, sampleDatabase('crm')).cache)),
    refusalOf(grantFor(principal, 'shop', cacheOf().cache)),
    refusalOf(grantFor(principal, idOf('shop'), cacheOf(shop).cache)),
  ])
  for (const { code, reason, message } of refusals) {
    t.same([code, reason], ['database_denied', 'not_granted'])
    t.equal(message, refusals[0].message)
  }
})

void t.test('does not ask the store for a database that is not granted', async t => {
  const { cache, asked } = cacheOf(shop)
  for (const name of ['nowhere', 'crm', '']) await refusalOf(grantFor(principalWith(), name, cache))
  t.same(asked, [])
})

void t.test('says that it can not look the database up when the store fails', async t => {
  const failure = new Error('the store is down')
  const load = () => Promise.reject(failure)
  const cache = new FreshCache<DatabaseRecord>({ max: 10, maxAgeMs: 1000, now: new TestClock().now, load })
  const refusal = await refusalOf(grantFor(principalWith(grant('shop', 'reader')), 'shop', cache))
  t.equal(refusal.code, 'store_unavailable')
  t.equal(refusal.cause, failure)
})
