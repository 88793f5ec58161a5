import t from 'tap'
import { RevocationList } from '../../src/auth/revocation-list.js'
import type { ChangePage } from '../../src/auth/sources.js'
import { change, page, TestClock } from './sample.js'

const MAX_AGE_MS = 1000

class Bench {
  readonly clock = new TestClock()
  readonly list: RevocationList

  constructor(loginTimeoutMs = MAX_AGE_MS) {
    this.list = new RevocationList({ maxAgeMs: MAX_AGE_MS, loginTimeoutMs, now: this.clock.now })
  }

  /** Takes in a page that was asked for just now. */
  readonly apply = (page: ChangePage): readonly number[] =>
    this.list.apply(page, this.clock.now()).map(({ seq }) => seq)
}

const KEY = { keyId: 'key', accountId: 'account' }

void t.test('is stale until it has been read', async t => {
  const { list } = new Bench()
  t.equal(list.ageMs(), Infinity)
  t.equal(list.isStale(), true)
  t.equal(list.head, 0)
})

void t.test('takes every time for past until the clock of the store is known', async t => {
  const { list, apply } = new Bench()
  t.equal(list.storeNow(), Infinity)
  apply(page([change(1, 'key-revoked', { keyId: 'key' })], { head: 2, storeTime: 5_000_000 }))
  t.equal(list.storeNow(), Infinity, 'a page that does not reach the head says nothing yet')
  apply(page([change(2, 'key-revoked', { keyId: 'key' })], { storeTime: 5_000_000 }))
  t.equal(list.storeNow(), 5_000_000)
})

void t.test('is young up to its limit and stale from there on', async t => {
  const { list, clock, apply } = new Bench()
  apply(page([]))
  t.equal(list.ageMs(), 0)
  clock.advance(MAX_AGE_MS - 1)
  t.equal(list.isStale(), false)
  clock.advance(1)
  t.equal(list.isStale(), true)
  apply(page([]))
  t.equal(list.isStale(), false)
})

void t.test('counts its age from the start of the read, not from its end', async t => {
  const { list, clock } = new Bench()
  const startedAt = clock.now()
  clock.advance(400)
  list.apply(page([]), startedAt)
  t.equal(list.ageMs(), 400)
})

void t.test('does not grow younger by a page that does not reach the head', async t => {
  const { list, clock, apply } = new Bench()
  apply(page([]))
  clock.advance(300)
  t.same(apply(page([change(1, 'account-changed'), change(2, 'account-changed')], { head: 3 })), [1, 2])
  t.equal(list.head, 2, 'goes on after what it has read')
  t.equal(list.ageMs(), 300)
  apply(page([change(3, 'account-changed')]))
  t.equal(list.head, 3)
  t.equal(list.ageMs(), 0)
})

void t.test('goes to the head of an empty page: the changes before it may have been pruned', async t => {
  const { list, apply } = new Bench()
  apply(page([], { head: 7 }))
  t.equal(list.head, 7)
})

void t.test('takes no harm from a late page: it adds nothing twice and takes nothing back', async t => {
  const { list, clock, apply } = new Bench()
  const early = clock.now()
  clock.advance(100)
  apply(page([change(1, 'account-disabled', { accountId: 'account' }), change(2, 'key-revoked', { keyId: 'key' })]))
  clock.advance(50)
  const late = list.apply(page([change(1, 'account-disabled', { accountId: 'account' })]), early)
  t.same(late, [], 'no news')
  t.equal(list.head, 2)
  t.equal(list.ageMs(), 50)
  t.equal(list.stopFor({ ...KEY, asOf: 0 }), 'revoked')
})

void t.test('does not look older by a late page that reaches the same head', async t => {
  const { list, clock } = new Bench()
  const early = clock.now()
  clock.advance(100)
  list.apply(page([], { head: 2, storeTime: 5000 }), clock.now())
  list.apply(page([], { head: 2, storeTime: 4000 }), early)
  t.equal(list.ageMs(), 0)
  t.equal(list.storeNow(), 5000)
})

void t.test('carries the clock of the store on by a clock that nobody sets', async t => {
  const { list, clock, apply } = new Bench()
  const wallClock = Date.now
  t.teardown(() => (Date.now = wallClock))
  apply(page([], { storeTime: 5_000_000 }))
  Date.now = () => 0
  t.equal(list.storeNow(), 5_000_000)
  clock.advance(250)
  Date.now = () => 8e15
  t.equal(list.storeNow(), 5_000_250)
  t.equal(list.ageMs(), 250)
  t.equal(list.isStale(), false)
})

void t.test(
  'takes the clock of the store for as late as a slow read allows: keys expire early rather than late',
  async t => {
    const { list, clock } = new Bench()
    const startedAt = clock.now()
    clock.advance(3000)
    list.apply(page([], { storeTime: 5_000_000 }), startedAt)
    t.equal(list.storeNow(), 5_003_000)
  },
)

void t.test('corrects its idea of the clock of the store at each read, backwards too', async t => {
  const { list, clock, apply } = new Bench()
  apply(page([], { storeTime: 5_000_000 }))
  clock.advance(100)
  apply(page([], { storeTime: 4_999_000 }))
  t.equal(list.storeNow(), 4_999_000)
})

void t.test('stops a revoked key, whatever record the login was checked against, and no other key', async t => {
  const { list, apply } = new Bench()
  apply(page([change(5, 'key-revoked', { keyId: 'key', accountId: 'account' })]))
  for (const asOf of [0, 4, 5, 99]) t.equal(list.stopFor({ ...KEY, asOf }), 'revoked')
  t.equal(list.stopFor({ keyId: 'other', accountId: 'account', asOf: 0 }), null)
})

void t.test('stops an account that was disabled or deleted after the record was read', async t => {
  for (const [kind, stop] of [
    ['account-disabled', 'disabled'],
    ['account-deleted', 'deleted'],
  ] as const) {
    const { list, apply } = new Bench()
    apply(page([change(5, kind, { accountId: 'account' })]))
    t.equal(list.stopFor({ ...KEY, asOf: 4 }), stop)
    t.equal(list.stopFor({ ...KEY, asOf: 5 }), null, 'the record shows it: its state decides')
    t.equal(list.stopFor({ keyId: 'key', accountId: 'other', asOf: 0 }), null)
  }
})

void t.test('lets an account in again that was enabled after it was disabled', async t => {
  const { list, apply } = new Bench()
  apply(page([change(5, 'account-disabled', { accountId: 'account' })]))
  apply(page([change(6, 'account-changed', { accountId: 'account' })]))
  t.equal(list.stopFor({ ...KEY, asOf: 6 }), null)
  t.equal(list.stopFor({ ...KEY, asOf: 4 }), 'disabled', 'but not by a record from before')
  apply(page([change(7, 'account-disabled', { accountId: 'account' })]))
  t.equal(list.stopFor({ ...KEY, asOf: 6 }), 'disabled')
})

void t.test('says deleted of an account that was disabled before', async t => {
  const { list, apply } = new Bench()
  const disabled = change(5, 'account-disabled', { accountId: 'account' })
  apply(page([disabled, change(6, 'account-deleted', { accountId: 'account' })]))
  t.equal(list.stopFor({ ...KEY, asOf: 4 }), 'deleted')
})

void t.test('stops nobody for a change that takes nothing away', async t => {
  const { list, apply } = new Bench()
  const about = { accountId: 'account', keyId: 'key', databaseId: 'database' }
  const kinds = ['account-changed', 'database-changed', 'database-removed'] as const
  apply(page(kinds.map((kind, at) => change(at + 1, kind, about))))
  t.equal(list.stopFor({ ...KEY, asOf: 0 }), null)
  t.equal(list.size, 0)
})

void t.test('tells a decision that a change of its account or its database has overtaken', async t => {
  const { list, apply } = new Bench()
  apply(page([change(5, 'account-changed', { accountId: 'account' })]))
  apply(page([change(8, 'database-changed', { databaseId: 'database' })]))
  const login = { accountId: 'account', databaseId: 'database' }
  t.equal(list.isOvertaken({ ...login, asOf: 7 }), true)
  t.equal(list.isOvertaken({ ...login, asOf: 8 }), false)
  t.equal(list.isOvertaken({ accountId: 'account', databaseId: 'other', asOf: 4 }), true)
  t.equal(list.isOvertaken({ accountId: 'account', databaseId: 'other', asOf: 5 }), false)
  t.equal(list.isOvertaken({ accountId: 'other', databaseId: 'other', asOf: 0 }), false)
})

void t.test('keeps an entry for twice the longest life of any record, and then lets it go', async t => {
  const { list, clock, apply } = new Bench()
  apply(
    page([
      change(1, 'key-revoked', { keyId: 'key', accountId: 'one' }),
      change(2, 'account-disabled', { accountId: 'account' }),
    ]),
  )
  t.equal(list.size, 2)
  clock.advance(2 * MAX_AGE_MS)
  apply(page([], { head: 2 }))
  t.equal(list.size, 2)
  t.equal(list.isOvertaken({ accountId: 'account', databaseId: '', asOf: 1 }), true)
  clock.advance(1)
  apply(page([], { head: 2 }))
  t.equal(list.size, 0)
  t.equal(list.stopFor({ ...KEY, asOf: 0 }), null)
  t.equal(list.isOvertaken({ accountId: 'account', databaseId: '', asOf: 1 }), false)
})

void t.test('keeps an entry until the slowest login that began before it is over', async t => {
  const { list, clock, apply } = new Bench(10 * MAX_AGE_MS)
  apply(page([change(2, 'key-revoked', { keyId: 'key', accountId: 'account' })]))
  clock.advance(10 * MAX_AGE_MS)
  apply(page([], { head: 2 }))
  t.equal(list.stopFor({ ...KEY, asOf: 1 }), 'revoked')
  t.equal(list.isOvertaken({ accountId: 'account', databaseId: '', asOf: 1 }), true)
  clock.advance(1)
  apply(page([], { head: 2 }))
  t.equal(list.size, 0)
})

void t.test('keeps an entry that was renewed, and lets the older ones behind it go', async t => {
  const { list, clock, apply } = new Bench()
  apply(
    page([change(1, 'account-disabled', { accountId: 'one' }), change(2, 'account-disabled', { accountId: 'two' })]),
  )
  clock.advance(MAX_AGE_MS)
  apply(page([change(3, 'account-disabled', { accountId: 'one' })]))
  clock.advance(MAX_AGE_MS + 1)
  apply(page([], { head: 3 }))
  t.equal(list.size, 1)
  t.equal(list.stopFor({ keyId: '', accountId: 'one', asOf: 2 }), 'disabled')
})
