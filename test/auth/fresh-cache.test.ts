import t from 'tap'
import { FreshCache } from '../../src/auth/fresh-cache.js'
import type { Loaded } from '../../src/auth/sources.js'
import { type Deferred, deferred, settled, TestClock } from './sample.js'

const MAX_AGE_MS = 1000

interface Value {
  readonly text: string
}

/** A store that answers when the test says so, and the cache before it. */
class Bench {
  readonly clock = new TestClock()
  readonly cache: FreshCache<Value>
  readonly asked: string[] = []
  /** The newest change that is known. */
  known = 0
  #pending: Deferred<Loaded<Value>>[] = []

  constructor(max = 10) {
    const load = (key: string) => {
      this.asked.push(key)
      const answer = deferred<Loaded<Value>>()
      this.#pending.push(answer)
      return answer.promise
    }
    this.cache = new FreshCache<Value>({
      max,
      maxAgeMs: MAX_AGE_MS,
      now: this.clock.now,
      load,
      known: () => this.known,
    })
  }

  /** Answers the oldest question, and lets the answer arrive. Null stands for "there is none". */
  async answer(asOf: number, text: string | null): Promise<void> {
    this.#next().resolve({ asOf, value: text === null ? null : { text } })
    await settled()
  }

  async fail(): Promise<void> {
    this.#next().reject(new Error('the store is down'))
    await settled()
  }

  /** Puts an entry in the cache. */
  async fill(key: string, asOf: number, text: string | null): Promise<void> {
    const got = this.cache.get(key)
    await this.answer(asOf, text)
    await got
  }

  /** What the cache answers without waiting for the store; undefined when it waits. */
  async cached(key: string): Promise<Value | null | undefined> {
    let answer: Loaded<Value> | undefined
    const before = this.asked.length
    const got = this.cache.get(key).then(
      loaded => (answer = loaded),
      () => {},
    )
    await settled()
    const value = answer?.value
    if (this.asked.length > before) await this.fail()
    await got
    return value
  }

  #next(): Deferred<Loaded<Value>> {
    const next = this.#pending.shift()
    if (!next) throw new Error('nobody asked')
    return next
  }
}

void t.test('asks the store once and answers from then on', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  t.same(await bench.cache.get('shop'), { asOf: 5, value: { text: 'first' } })
  t.same(bench.asked, ['shop'])
})

void t.test('asks once for many that ask at the same time', async t => {
  const bench = new Bench()
  const all = Promise.all(Array.from({ length: 100 }, () => bench.cache.get('shop')))
  await bench.answer(5, 'first')
  t.equal(new Set(await all).size, 1)
  t.same(bench.asked, ['shop'])
})

void t.test('rejects for all that wait when the store fails, and asks again for the next', async t => {
  const bench = new Bench()
  const both = Promise.allSettled([bench.cache.get('shop'), bench.cache.get('shop')])
  await bench.fail()
  t.same(
    (await both).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await bench.fill('shop', 5, 'first')
  t.same(bench.asked, ['shop', 'shop'])
})

void t.test('holds an entry up to its limit and not a millisecond longer', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  bench.clock.advance(MAX_AGE_MS - 1)
  const renewed = bench.cache.get('shop')
  await bench.fail()
  t.same((await renewed).value, { text: 'first' })
  bench.clock.advance(1)
  t.equal(await bench.cached('shop'), undefined)
})

void t.test('counts the age from the start of the load, not from its answer', async t => {
  const bench = new Bench()
  const slow = bench.cache.get('shop')
  bench.clock.advance(MAX_AGE_MS)
  await bench.answer(5, 'first')
  t.same((await slow).value, { text: 'first' }, 'who waited gets it')
  t.equal(await bench.cached('shop'), undefined, 'nobody else does')
})

void t.test('renews an entry past half of its life in the background', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  bench.clock.advance(MAX_AGE_MS / 2)
  await bench.cache.get('shop')
  t.equal(bench.asked.length, 1, 'not at half of it')
  bench.clock.advance(1)
  t.same((await bench.cache.get('shop')).value, { text: 'first' }, 'nobody waits for the renewal')
  await bench.cache.get('shop')
  t.equal(bench.asked.length, 2, 'one renewal at a time')
  await bench.answer(6, 'second')
  t.same((await bench.cache.get('shop')).value, { text: 'second' })
  bench.clock.advance(MAX_AGE_MS / 2)
  t.same(await bench.cached('shop'), { text: 'second' }, 'the renewed entry is young again')
})

void t.test('never lets an error replace a good entry', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  bench.clock.advance(MAX_AGE_MS / 2 + 1)
  for (let i = 0; i < 3; i++) {
    t.same((await bench.cache.get('shop')).value, { text: 'first' })
    await bench.fail()
  }
  t.equal(bench.asked.length, 4, 'each failed renewal is tried again')
})

void t.test('keeps the age of an entry when its renewal fails', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  bench.clock.advance(MAX_AGE_MS - 1)
  await bench.cache.get('shop')
  await bench.fail()
  bench.clock.advance(1)
  t.equal(await bench.cached('shop'), undefined)
})

void t.test('loads anew for who needs a younger entry', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  bench.clock.advance(100)
  t.same((await bench.cache.getYoungerThan('shop', 100)).value, { text: 'first' })
  bench.clock.advance(1)
  const younger = bench.cache.getYoungerThan('shop', 100)
  await bench.answer(6, 'second')
  t.same((await younger).value, { text: 'second' })
  t.equal(bench.asked.length, 2)
})

void t.test('remembers that there is none, and forgets it when there is one', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, null)
  t.equal(await bench.cached('shop'), null)
  bench.cache.invalidate('shop', 6)
  await bench.fill('shop', 6, 'made')
  t.same(await bench.cached('shop'), { text: 'made' })
  bench.cache.invalidate('shop', 7)
  await bench.fill('shop', 7, null)
  t.equal(await bench.cached('shop'), null)
})

void t.test('lets a renewal that finds none take the place of an entry, and the other way round', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  for (const [asOf, text] of [
    [6, null],
    [7, 'again'],
  ] as const) {
    const renewed = bench.cache.getYoungerThan('shop', -1)
    await bench.answer(asOf, text)
    await renewed
    t.same(await bench.cached('shop'), text === null ? null : { text })
  }
})

void t.test('evicts no entry for the sake of names that do not exist', async t => {
  const bench = new Bench(2)
  await bench.fill('shop', 5, 'shop')
  await bench.fill('crm', 5, 'crm')
  for (let i = 0; i < 10; i++) await bench.fill(`guess ${i}`, 5, null)
  t.same(await bench.cached('shop'), { text: 'shop' })
  t.same(await bench.cached('crm'), { text: 'crm' })
  t.equal(await bench.cached('guess 9'), null)
  t.equal(await bench.cached('guess 0'), undefined, 'absences have a bound too')
})

void t.test('holds no more entries than it may, and lets go of the one used least lately', async t => {
  const bench = new Bench(2)
  await bench.fill('shop', 5, 'shop')
  await bench.fill('crm', 5, 'crm')
  await bench.cache.get('shop')
  await bench.fill('logs', 5, 'logs')
  t.equal(await bench.cached('crm'), undefined)
  t.same(await bench.cached('shop'), { text: 'shop' })
})

void t.test('drops an entry that a change has overtaken, and keeps one that shows the change', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'first')
  await bench.fill('crm', 5, 'crm')
  bench.cache.invalidate('shop', 5)
  t.same(await bench.cached('shop'), { text: 'first' })
  bench.cache.invalidate('shop', 6)
  t.equal(await bench.cached('shop'), undefined)
  t.same(await bench.cached('crm'), { text: 'crm' }, 'others stay')
})

void t.test('loads again when a change overtakes the load', async t => {
  const bench = new Bench()
  const got = bench.cache.get('shop')
  bench.cache.invalidate('shop', 6)
  await bench.answer(5, 'before the change')
  t.equal(bench.asked.length, 2)
  await bench.answer(6, 'after the change')
  t.same(await got, { asOf: 6, value: { text: 'after the change' } })
  t.same(await bench.cached('shop'), { text: 'after the change' })
})

void t.test('loads again when everything was dropped meanwhile', async t => {
  const bench = new Bench()
  await bench.fill('crm', 5, 'crm')
  await bench.fill('ghost', 5, null)
  const got = bench.cache.get('shop')
  bench.cache.invalidateAll(6)
  await bench.answer(5, 'before')
  await bench.answer(6, 'after')
  t.same((await got).value, { text: 'after' })
  t.equal(await bench.cached('crm'), undefined)
  t.equal(await bench.cached('ghost'), undefined)
})

void t.test('goes by the newest of the changes that overtake a load, in whatever order they are told', async t => {
  const bench = new Bench()
  const got = bench.cache.get('shop')
  bench.cache.invalidate('shop', 8)
  bench.cache.invalidate('shop', 6)
  bench.cache.invalidateAll(7)
  await bench.answer(7, 'before')
  await bench.answer(8, 'after')
  t.same((await got).value, { text: 'after' })
})

void t.test('takes no answer of a store that lags behind the changes that are known', async t => {
  const bench = new Bench()
  bench.known = 7
  const got = bench.cache.get('etl')
  await bench.answer(6, 'before the change')
  await bench.answer(7, 'after it')
  t.same((await got).value, { text: 'after it' })
  const refused = t.rejects(bench.cache.get('other'), /older than its own changes/)
  for (let answer = 0; answer < 5; answer++) await bench.answer(6, 'before the change')
  await refused
})

void t.test('gives up a load that changes overtake five times', async t => {
  const bench = new Bench()
  const got = bench.cache.get('shop')
  const outcome = t.rejects(got, { message: /older than its own changes/ })
  bench.cache.invalidate('shop', 100)
  for (let asOf = 1; asOf <= 5; asOf++) await bench.answer(asOf, 'late')
  await outcome
  t.equal(bench.asked.length, 5)
  await bench.fill('shop', 100, 'caught up')
  t.same(await bench.cached('shop'), { text: 'caught up' })
})

void t.test('forgets the changes that overtook a load once it is over', async t => {
  const bench = new Bench()
  const got = bench.cache.get('shop')
  bench.cache.invalidate('shop', 6)
  await bench.answer(6, 'after')
  await got
  bench.cache.invalidate('shop', 7)
  const next = bench.cache.get('shop')
  await bench.answer(7, 'next')
  t.same((await next).value, { text: 'next' })
})

void t.test('never lets an older snapshot replace a newer one', async t => {
  const bench = new Bench()
  await bench.fill('shop', 9, 'newer')
  const older = bench.cache.getYoungerThan('shop', -1)
  await bench.answer(8, 'older')
  await older
  t.same(await bench.cache.get('shop'), { asOf: 9, value: { text: 'newer' } })
  const gone = bench.cache.getYoungerThan('shop', -1)
  await bench.answer(8, null)
  await gone
  t.same(await bench.cache.get('shop'), { asOf: 9, value: { text: 'newer' } })
})

void t.test('race: a change told between an answer and its reader leaves nothing old behind', async t => {
  const bench = new Bench()
  const got = bench.cache.get('shop').then(loaded => {
    bench.cache.invalidate('shop', 6)
    return loaded
  })
  await bench.answer(5, 'before')
  t.equal((await got).asOf, 5, 'the reader can tell by asOf')
  t.equal(await bench.cached('shop'), undefined)
})

void t.test('race: a renewal overtaken by a change does not bring the old entry back', async t => {
  const bench = new Bench()
  await bench.fill('shop', 5, 'old')
  bench.clock.advance(MAX_AGE_MS / 2 + 1)
  await bench.cache.get('shop')
  bench.cache.invalidate('shop', 6)
  const got = bench.cache.get('shop')
  await bench.answer(5, 'old')
  await bench.answer(6, 'new')
  t.same((await got).value, { text: 'new' })
  t.same(await bench.cached('shop'), { text: 'new' })
})
