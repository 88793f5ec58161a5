import t, { type Test } from 'tap'
import { Periodic } from '../../src/compose/periodic.js'
import { deferred, settled, type Deferred } from '../auth/sample.js'
import { until } from '../proxy/observe.js'
import { holdTimers } from '../support/held-timers.js'

// Of no other timer's length.
const EVERY_MS = 12_347

/** Work whose every run the test lets end as it likes. */
function makeWork(t: Test) {
  const held = holdTimers(t, EVERY_MS)
  const runs: Deferred<void>[] = []
  const told: string[] = []
  const periodic = new Periodic({
    everyMs: EVERY_MS,
    work: () => (runs[runs.push(deferred<void>()) - 1] as Deferred<void>).promise,
    lastWork: async () => void told.push('last work'),
    failing: error => told.push(`failing: ${String(error)}`),
    recovered: () => told.push('recovered'),
  })
  const end = async (run: number, error?: Error) => {
    await until(`run ${run} has begun`, () => runs.length === run)
    if (error) runs[run - 1]?.reject(error)
    else runs[run - 1]?.resolve()
    await settled()
  }
  return { periodic, runs, told, end, held }
}

void t.test('works at once and then every so often, never twice at a time', async t => {
  const { periodic, runs, end, held } = makeWork(t)
  periodic.start()
  await until('the first run has begun', () => runs.length === 1)
  t.equal(held.waiting, 0, 'nothing is due while it works')
  await end(1)
  t.equal(held.waiting, 1)
  held.goOff()
  await end(2)
  t.equal(runs.length, 2)
  await periodic.close()
})

void t.test('asked for early while it works, it works once more after that', async t => {
  const { periodic, runs, end, held } = makeWork(t)
  periodic.start()
  await until('the first run has begun', () => runs.length === 1)
  for (let asked = 0; asked < 3; asked++) periodic.soon()
  await new Promise(resolve => setTimeout(resolve, 1)) // whatever was due at once has been done
  t.equal(runs.length, 1)
  await end(1)
  await end(2)
  t.equal(held.waiting, 1, 'then in its time again')
  periodic.soon()
  await end(3)
  await periodic.close()
})

void t.test('tells when failures begin and when they are over, and not of each', async t => {
  const { periodic, told, end, held } = makeWork(t)
  periodic.start()
  for (const [run, error] of [new Error('away'), new Error('away'), undefined, undefined].entries()) {
    await end(run + 1, error)
    held.goOff()
  }
  t.strictSame(told, ['failing: Error: away', 'recovered'])
  await end(5)
  await periodic.close()
})

void t.test('at the end it waits for the run that is under way, does its last work, and no more', async t => {
  const { periodic, runs, told, end, held } = makeWork(t)
  periodic.start()
  await until('the first run has begun', () => runs.length === 1)
  const closed = periodic.close()
  await settled()
  t.strictSame(told, [])
  await end(1)
  await closed
  t.strictSame(told, ['last work'])
  periodic.soon()
  t.equal(held.waiting, 0)
})
