import argon2 from 'argon2'
import t from 'tap'
import { ARGON2_OPTIONS } from '../../src/auth/credential.js'
import { TokenVerifier, type TokenVerifierOptions } from '../../src/auth/token-verifier.js'
import { BusyError } from '../../src/auth/turns.js'
import { readPrivateField } from './private-field.js'
import { TestClock } from './sample.js'

const MAX_AGE_MS = 1000

/** As cheap as argon2 gets: what is tested here is how often and when, not how strong. */
const CHEAP = { ...ARGON2_OPTIONS, memoryCost: 1024 }

class Bench {
  readonly clock = new TestClock()
  readonly verifier: TokenVerifier
  hits = 0
  misses = 0
  readonly hashed: number[] = []

  constructor(options: Partial<TokenVerifierOptions> = {}) {
    this.verifier = new TokenVerifier({
      maxVerdicts: 100,
      maxAgeMs: MAX_AGE_MS,
      concurrency: 2,
      maxQueue: 100,
      now: this.clock.now,
      events: {
        cacheAsked: result => (result === 'hit' ? this.hits++ : this.misses++),
        hashed: seconds => this.hashed.push(seconds),
      },
      ...options,
    })
  }
}

/** Milliseconds that this process's threads have worked: unlike the time that passes, the same on a busy machine. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const hash = argon2.hash('token', CHEAP)

void t.test('verifies the token that belongs to a hash, and no other', async t => {
  const { verifier } = new Bench()
  t.equal(await verifier.verify('token', await hash), true)
  t.equal(await verifier.verify('Token', await hash), false)
  t.equal(await verifier.verify('', await hash), false)
  t.equal(await verifier.verify('token', await argon2.hash('other', CHEAP)), false)
})

void t.test('hashes once for many that ask at the same time, and never for those who ask later', async t => {
  const bench = new Bench()
  const known = await hash
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => bench.verifier.verify('token', known)))
  t.ok(verdicts.every(verdict => verdict))
  t.equal(bench.hashed.length, 1)
  t.equal(await bench.verifier.verify('token', known), true)
  t.equal(bench.hashed.length, 1)
  t.same([bench.hits, bench.misses], [1, 50])
})

void t.test('remembers a no as well as a yes', async t => {
  const bench = new Bench()
  t.equal(await bench.verifier.verify('wrong', await hash), false)
  t.equal(await bench.verifier.verify('wrong', await hash), false)
  t.equal(bench.hashed.length, 1)
  t.equal(await bench.verifier.verify('token', await hash), true, 'a no to one token says nothing of another')
})

void t.test('remembers a verdict up to its limit and not a millisecond longer', async t => {
  const bench = new Bench()
  const known = await hash
  await bench.verifier.verify('token', known)
  bench.clock.advance(MAX_AGE_MS)
  await bench.verifier.verify('token', known)
  t.equal(bench.hashed.length, 1)
  bench.clock.advance(1)
  await bench.verifier.verify('token', known)
  t.equal(bench.hashed.length, 2)
})

void t.test('remembers no more verdicts than it may', async t => {
  const bench = new Bench({ maxVerdicts: 2 })
  for (const token of ['token', 'two', 'three', 'token']) await bench.verifier.verify(token, await hash)
  t.equal(bench.hashed.length, 4)
})

void t.test('says no to every token where there is no hash, and does the work of one', async t => {
  const real = await argon2.hash('token', ARGON2_OPTIONS)
  const leastOf = async (known: string | null) => {
    const bench = new Bench({ now: cpuMs })
    for (const token of ['a', 'b', 'c', 'd']) t.equal(await bench.verifier.verify(token, known), false)
    t.equal(bench.hashed.length, 4)
    return Math.min(...bench.hashed)
  }
  t.ok((await leastOf(null)) > 0.3 * (await leastOf(real)))
})

void t.test('never hashes more at a time than it may', async t => {
  const runs: { from: number; to: number }[] = []
  const hashed = (seconds: number) => {
    const to = performance.now()
    runs.push({ from: to - seconds * 1000, to })
  }
  const events = { cacheAsked: () => {}, hashed }
  const { verifier } = new Bench({ concurrency: 2, now: () => performance.now(), events })
  const known = await argon2.hash('token', { ...CHEAP, memoryCost: 8192 })
  await Promise.all(Array.from({ length: 12 }, (_, at) => verifier.verify(`token ${at}`, known)))
  t.equal(runs.length, 12)
  const atATime = runs.map(({ from }) => runs.filter(run => run.from <= from && from < run.to).length)
  t.equal(Math.max(...atATime), 2)
})

void t.test('lets so many wait, and turns the others away at once', async t => {
  const bench = new Bench({ concurrency: 1, maxQueue: 2 })
  const known = await hash
  const verify = (token: string) => bench.verifier.verify(token, known)
  const [running, waiting, joined] = [verify('token'), [verify('two'), verify('three')], verify('three')]
  t.equal(bench.verifier.queueDepth, 2)
  await t.rejects(verify('four'), BusyError)
  t.equal(bench.verifier.queueDepth, 2, 'who asks for what is waited for already takes no place')
  t.same(await Promise.all([running, ...waiting, joined]), [true, false, false, false])
  t.equal(bench.verifier.queueDepth, 0)
  t.equal(await verify('four'), false, 'being turned away is no verdict')
  t.equal(bench.hashed.length, 4)
})

void t.test('goes on after a hash that is none', async t => {
  const { verifier } = new Bench({ concurrency: 1 })
  const broken = verifier.verify('token', 'no hash at all')
  const waiting = verifier.verify('token', await hash)
  await t.rejects(broken)
  t.equal(await waiting, true)
  await t.rejects(verifier.verify('token', 'no hash at all'), 'nor is it remembered')
})

void t.test('holds no token, neither while it hashes nor afterwards', async t => {
  const { verifier } = new Bench()
  const keys = 'function () { return [...this.keys()] }'
  const held: unknown[] = []
  const verdict = verifier.verify('token', await hash)
  held.push(readPrivateField(verifier, '#running', keys))
  await verdict
  held.push(readPrivateField(verifier, '#verdicts', keys))
  for (const macs of held) t.match(macs, [/^[A-Za-z0-9+/]{43}=$/])
  t.same(held[0], held[1])
  const other = new Bench().verifier
  await other.verify('token', await hash)
  t.strictNotSame(readPrivateField(other, '#verdicts', keys), held[1], 'and the MAC says nothing to another process')
})
