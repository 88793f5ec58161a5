import { mock } from 'node:test'
import t from 'tap'
import { BusyError, Turns } from '../../src/auth/turns.js'
import { deferred, settled } from './sample.js'

void t.test(
  'lets so many work at a time, first come first served, and turns away whoever finds the queue full',
  async t => {
    const turns = new Turns({ concurrency: 2, maxQueue: 2 })
    const begun: number[] = []
    const works = Array.from({ length: 4 }, () => deferred<void>())
    const all = works.map((work, index) =>
      turns.run(() => {
        begun.push(index)
        return work.promise
      }),
    )
    await settled()
    t.same(begun, [0, 1])
    t.equal(turns.waiting, 2)
    await t.rejects(
      turns.run(() => Promise.resolve()),
      BusyError,
    )
    works[1]?.reject(new Error('no'))
    await t.rejects(all[1] ?? Promise.resolve(), /no/)
    t.same(begun, [0, 1, 2], 'a failure passes the turn on')
    for (const work of works) work.resolve()
    await Promise.all([all[0], all[2], all[3]])
    t.same(begun, [0, 1, 2, 3])
    t.equal(turns.waiting, 0)
  },
)

void t.test('turns away whoever has waited too long, and nobody else', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const turns = new Turns({ concurrency: 1, maxQueue: 10, maxWaitMs: 100 })
  const hung = deferred<void>()
  const first = turns.run(() => hung.promise)
  const late = turns.run(() => Promise.resolve('late'))
  mock.timers.tick(99)
  const next = turns.run(() => Promise.resolve('next'))
  mock.timers.tick(1)
  await t.rejects(late, BusyError)
  hung.resolve()
  await first
  t.equal(await next, 'next')
})
