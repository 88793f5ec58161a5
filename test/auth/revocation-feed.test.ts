import { mock } from 'node:test'
import t from 'tap'
import { RevocationFeed } from '../../src/auth/revocation-feed.js'
import { RevocationList } from '../../src/auth/revocation-list.js'
import type { Change } from '../../src/auth/sources.js'
import { ModelStore } from './model-store.js'
import { change, settled, TestClock } from './sample.js'

const MAX_AGE_MS = 1000
const REFRESH_MS = 100
const PAGE = 1000

interface Test {
  teardown(handler: () => Promise<void>): void
}

/** A feed on a model store, with timers that the test moves. */
class Bench {
  readonly clock = new TestClock()
  readonly store = new ModelStore()
  readonly list = new RevocationList({ maxAgeMs: MAX_AGE_MS, loginTimeoutMs: MAX_AGE_MS, now: this.clock.now })
  /** What the feed told, in order. */
  readonly told: string[] = []
  readonly errors: unknown[] = []
  /** Whether whoever hears of changes throws. */
  listenerFails = false
  readonly feed: RevocationFeed

  constructor(t: Test) {
    mock.timers.enable({ apis: ['setTimeout'] })
    this.feed = new RevocationFeed({
      list: this.list,
      source: this.store,
      push: this.store,
      refreshMs: REFRESH_MS,
      maxAgeMs: MAX_AGE_MS,
      now: this.clock.now,
      events: {
        changed: changes => {
          this.told.push(`changed ${span(changes)} at head ${this.list.head}`)
          if (this.listenerFails) throw new Error('a defect')
        },
        resync: () => this.told.push('resync'),
        refreshed: (outcome, error) => {
          this.told.push(outcome)
          if (error !== undefined) this.errors.push(error)
        },
      },
    })
    t.teardown(async () => {
      await this.feed.close()
      mock.timers.reset()
    })
  }

  /** Lets time go by, for the clock and the timers alike, and everything happen that is due. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    this.store.time += ms
    mock.timers.tick(ms)
    await settled()
  }

  /** What was told since the last call. */
  news(): string[] {
    return this.told.splice(0)
  }

  reads(): string[] {
    return this.store.reads.splice(0)
  }

  /** Starts the feed and forgets what was told by it. */
  async start(): Promise<void> {
    await this.feed.start()
    this.news()
    this.reads()
  }
}

function span(changes: readonly Change[]): string {
  return `${changes[0]?.seq}-${changes.at(-1)?.seq}`
}

function revoked(seq: number): Change {
  return change(seq, 'key-revoked', { keyId: `key ${seq}` })
}

void t.test('starts with the changes of twice the longest life of a record', async t => {
  const bench = new Bench(t)
  bench.store.commit(revoked(1))
  await bench.pass(2 * MAX_AGE_MS + 1)
  bench.store.commit(revoked(2), revoked(3))
  await bench.feed.start()
  t.same(bench.reads(), [`last ${2 * MAX_AGE_MS} ms`])
  t.same(bench.news(), ['changed 2-3 at head 3', 'ok'])
  t.equal(bench.list.isStale(), false)
  t.equal(bench.list.storeNow(), bench.store.time)
})

void t.test('goes on after what it has read', async t => {
  const bench = new Bench(t)
  bench.store.commit(revoked(1))
  await bench.start()
  bench.store.commit(revoked(2))
  await bench.feed.refresh()
  await bench.feed.refresh()
  t.same(bench.reads(), ['after 1', 'after 2'])
  t.same(bench.news(), ['changed 2-2 at head 2', 'ok', 'ok'])
})

void t.test('reads page after page until it has reached the head, and is young only then', async t => {
  const bench = new Bench(t)
  await bench.start()
  bench.store.commit(...Array.from({ length: 2 * PAGE + 1 }, (_, at) => revoked(at + 1)))
  await bench.pass(REFRESH_MS)
  t.same(bench.reads(), ['after 0', `after ${PAGE}`, `after ${2 * PAGE}`])
  t.same(bench.news(), [
    'changed 1-1000 at head 1000',
    'changed 1001-2000 at head 2000',
    'changed 2001-2001 at head 2001',
    'ok',
  ])
  t.equal(bench.list.ageMs(), 0)
})

void t.test('polls every refreshMs at the latest, and not much earlier, though no hint comes', async t => {
  const bench = new Bench(t)
  await bench.start()
  for (let poll = 0; poll < 20; poll++) {
    await bench.pass(REFRESH_MS * 0.9 - 1)
    t.same(bench.reads(), [], 'not before nine tenths')
    await bench.pass(REFRESH_MS * 0.1 + 1)
    t.same(bench.reads(), ['after 0'])
  }
})

void t.test('reads at once on a hint, and polls a full refreshMs after that', async t => {
  const bench = new Bench(t)
  await bench.start()
  await bench.pass(REFRESH_MS / 2)
  bench.store.commit(revoked(1))
  bench.store.hint()
  await settled()
  t.same(bench.news(), ['changed 1-1 at head 1', 'ok'])
  bench.reads()
  await bench.pass(REFRESH_MS * 0.9 - 1)
  t.same(bench.reads(), [])
  await bench.pass(REFRESH_MS * 0.1 + 1)
  t.same(bench.reads(), ['after 1'])
})

void t.test('race: hints during a read cause one more read, which sees what the first could not', async t => {
  const bench = new Bench(t)
  await bench.start()
  const release = bench.store.hold()
  bench.store.hint()
  await settled()
  bench.store.commit(revoked(1))
  for (let i = 0; i < 10; i++) bench.store.hint()
  const refreshed = bench.feed.refresh()
  release()
  await refreshed
  t.same(bench.reads(), ['after 0', 'after 0'])
  t.same(bench.news(), ['ok', 'changed 1-1 at head 1', 'ok'])
})

void t.test(
  'refresh overtaken by a refresh: a read that hangs is given up, and its late answer is not used',
  async t => {
    const bench = new Bench(t)
    await bench.start()
    const release = bench.store.hold()
    bench.store.commit(revoked(1))
    bench.store.hint()
    await bench.pass(REFRESH_MS - 1)
    t.same(bench.news(), [])
    await bench.pass(1)
    t.same(bench.news(), ['failed'])
    t.match(bench.errors, [{ message: /timed out/ }])
    release()
    await settled()
    t.same(bench.news(), [])
    t.equal(bench.list.head, 0)
    await bench.pass(REFRESH_MS)
    t.same(bench.news(), ['changed 1-1 at head 1', 'ok'])
  },
)

void t.test('starts without a store, and has the list once the store is back', async t => {
  const bench = new Bench(t)
  bench.store.commit(revoked(1))
  bench.store.failure = new Error('the store is down')
  await bench.feed.start()
  t.same(bench.news(), ['failed'])
  t.same(bench.errors, [bench.store.failure])
  t.equal(bench.list.isStale(), true)
  bench.store.failure = null
  await bench.pass(REFRESH_MS)
  t.same(bench.news(), ['changed 1-1 at head 1', 'ok'], 'nothing to check again at the first read')
  t.equal(bench.list.isStale(), false)
})

void t.test('asks a failing store at every poll and hint, and no more often', async t => {
  const bench = new Bench(t)
  await bench.start()
  bench.store.failure = new Error('the store is down')
  for (let poll = 0; poll < 5; poll++) {
    await bench.pass(REFRESH_MS)
    t.same(bench.news(), ['failed'])
  }
  bench.store.hint()
  bench.store.hint()
  await settled()
  t.same(bench.news(), ['failed'])
  t.equal(bench.list.ageMs(), 5 * REFRESH_MS, 'the age goes on growing')
})

void t.test('has everything checked again when the list had been stale, and only then', async t => {
  const bench = new Bench(t)
  await bench.start()
  bench.store.failure = new Error('the store is down')
  await bench.pass(MAX_AGE_MS - REFRESH_MS)
  bench.store.failure = null
  bench.store.commit(revoked(1))
  bench.news()
  await bench.feed.refresh()
  t.same(bench.news(), ['changed 1-1 at head 1', 'ok'])
  bench.store.failure = new Error('the store is down')
  await bench.pass(MAX_AGE_MS)
  bench.store.failure = null
  bench.store.commit(revoked(2))
  bench.news()
  await bench.feed.refresh()
  t.same(bench.news(), ['changed 2-2 at head 2', 'resync', 'ok'])
  await bench.feed.refresh()
  t.same(bench.news(), ['ok'])
})

void t.test('has everything checked again when changes could not be acted on', async t => {
  const bench = new Bench(t)
  await bench.start()
  bench.store.commit(revoked(1))
  bench.listenerFails = true
  await bench.feed.refresh()
  t.same(bench.news(), ['changed 1-1 at head 1', 'failed'])
  bench.listenerFails = false
  await bench.feed.refresh()
  t.same(bench.news(), ['resync', 'ok'])
  await bench.feed.refresh()
  t.same(bench.news(), ['ok'])
})

void t.test('has everything checked again when changes are no longer stored', async t => {
  const bench = new Bench(t)
  await bench.start()
  bench.store.commit(revoked(1), revoked(2))
  bench.store.prunedThrough = 1
  await bench.feed.refresh()
  t.same(bench.news(), ['changed 2-2 at head 2', 'resync', 'ok'])
  await bench.feed.refresh()
  t.same(bench.news(), ['ok'])
})

void t.test('has everything checked again when the store went back, and misses nothing from there on', async t => {
  const bench = new Bench(t)
  bench.store.commit(revoked(1), revoked(2), change(3, 'account-disabled', { accountId: 'account' }))
  await bench.start()
  bench.store.restore(1)
  await bench.pass(MAX_AGE_MS / 2)
  t.equal(bench.list.head, 1)
  t.equal(bench.list.ageMs(), 0, 'the list is young again')
  t.ok(bench.news().includes('resync'))
  t.equal(bench.list.stopFor({ keyId: 'other', accountId: 'account', asOf: 1 }), null, 'what was undone stops nobody')
  bench.store.commit(revoked(2))
  await bench.feed.refresh()
  t.same(bench.news(), ['changed 2-2 at head 2', 'ok'], 'a number that was given out anew')
})

void t.test('race: has everything checked again though the store fails between two pages', async t => {
  const bench = new Bench(t)
  await bench.start()
  bench.store.commit(...Array.from({ length: PAGE + 2 }, (_, at) => revoked(at + 1)))
  bench.store.prunedThrough = 1
  const release = bench.store.hold()
  const refreshed = bench.feed.refresh()
  await settled()
  bench.store.failure = new Error('the store is down')
  release()
  await refreshed
  t.same(bench.news(), ['changed 2-1001 at head 1001', 'failed'])
  bench.store.failure = null
  await bench.feed.refresh()
  t.same(bench.news(), ['changed 1002-1002 at head 1002', 'resync', 'ok'])
})

void t.test('goes on where a first read broke off, and has nothing checked again then', async t => {
  const bench = new Bench(t)
  bench.store.commit(...Array.from({ length: PAGE + 1 }, (_, at) => revoked(at + 1)))
  const release = bench.store.hold()
  const started = bench.feed.start()
  await settled()
  bench.store.failure = new Error('the store is down')
  release()
  await started
  t.equal(bench.list.isStale(), true)
  bench.store.failure = null
  await bench.feed.refresh()
  t.same(bench.reads().slice(1), [`after ${PAGE}`, `after ${PAGE}`])
  t.same(bench.news(), ['changed 1-1000 at head 1000', 'failed', 'changed 1001-1001 at head 1001', 'ok'])
})

void t.test('counts the age of the list from before a slow read, page by page', async t => {
  const bench = new Bench(t)
  await bench.start()
  const release = bench.store.hold()
  const refreshed = bench.feed.refresh()
  await bench.pass(REFRESH_MS - 1)
  release()
  await refreshed
  t.equal(bench.list.ageMs(), REFRESH_MS - 1)
})

void t.test('stops for good: no poll, no hint and no refresh reads any more', async t => {
  const bench = new Bench(t)
  await bench.start()
  t.equal(bench.store.listening, true)
  await bench.feed.close()
  t.equal(bench.store.listening, false)
  bench.store.hint()
  await bench.feed.refresh()
  await bench.pass(10 * REFRESH_MS)
  t.same(bench.reads(), [])
})

void t.test('race: closing during a read waits for it and reads no more, whatever was hinted', async t => {
  const bench = new Bench(t)
  await bench.start()
  const release = bench.store.hold()
  bench.store.hint()
  bench.store.hint()
  let closed = false
  const closing = bench.feed.close().then(() => (closed = true))
  await settled()
  t.equal(closed, false)
  release()
  await closing
  await bench.pass(10 * REFRESH_MS)
  t.same(bench.reads(), ['after 0'])
})
