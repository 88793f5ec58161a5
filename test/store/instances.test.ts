import { randomUUID } from 'node:crypto'
import t from 'tap'
import { listInstances, reportInstance, type InstanceReport } from '../../src/store/instances.js'
import { pruneLoginCounts, readLoginCounts, reportLoginCounts } from '../../src/store/login-counts.js'
import { testServer } from '../support/postgres.js'
import { samplePerson, sampleStore } from './sample.js'

const server = await testServer(t)
const WITHIN_MS = 60_000

function report(extra: Partial<InstanceReport> = {}): InstanceReport {
  const about = {
    host: 'one',
    version: '1.2.3',
    runsProxy: true,
    upMs: 5000,
    listSeq: 3,
    listAgeMs: 250,
    isPushUp: true,
  }
  return { id: randomUUID(), ...about, ...extra }
}

void t.test('an instance is listed as it last reported, with the head of the store', async t => {
  const store = await sampleStore(t, server)
  t.strictSame(await listInstances(store, WITHIN_MS), { items: [], head: 0 })
  await samplePerson(store)
  const one = report()
  await reportInstance(store, one)
  await reportInstance(store, report({ host: 'another', runsProxy: false, listAgeMs: null, isPushUp: false }))
  const { items, head } = await listInstances(store, WITHIN_MS)
  t.ok(head > 0)
  t.match(items, [
    { host: 'another', runsProxy: false, listAgeMs: null, isPushUp: false },
    { id: one.id, host: 'one', version: '1.2.3', runsProxy: true, listSeq: 3, isPushUp: true },
  ])

  await reportInstance(store, { ...one, listSeq: 9, upMs: 999_999, isPushUp: false })
  const later = (await listInstances(store, WITHIN_MS)).items[1]
  t.match(later, { listSeq: 9, isPushUp: false })
  t.equal(later?.startedAt, items[1]?.startedAt, 'when it started does not change')
})

void t.test('while an instance is silent its list grows older, and after a time it is not listed', async t => {
  const store = await sampleStore(t, server)
  await reportInstance(store, report())
  await store.run('age', "update postern.instances set seen_at = now() - interval '10 seconds'")
  const [silent] = (await listInstances(store, WITHIN_MS)).items
  t.ok(silent && silent.silentMs >= 10_000 && silent.silentMs < WITHIN_MS)
  t.equal(silent?.listAgeMs, 250 + (silent?.silentMs ?? 0))
  t.strictSame((await listInstances(store, 9_000)).items, [])
})

void t.test('logins are summed over instances by minute and reason, and told twice they count once', async t => {
  const store = await sampleStore(t, server)
  t.match(await readLoginCounts(store), { counts: [] })
  const [one, another] = [randomUUID(), randomUUID()]
  const told = { minute: 7, ageMs: 0, reason: 'none', count: 3 }
  await reportLoginCounts(store, one, [told, { ...told, reason: 'revoked', count: 1 }])
  await reportLoginCounts(store, one, [{ ...told, count: 4 }])
  await reportLoginCounts(store, another, [told, { ...told, minute: 5, ageMs: 55 * 60_000 }])
  await reportLoginCounts(store, another, [{ ...told, minute: 1, ageMs: 62 * 60_000 }])
  const { from, to, counts } = await readLoginCounts(store)
  t.equal(to - from, 59 * 60_000)
  t.ok(counts.every(({ at }) => at >= from && at <= to && at % 60_000 === 0))
  t.equal(
    counts.filter(({ reason }) => reason === 'none').reduce((sum, { count }) => sum + count, 0),
    4 + 3 + 3,
  )
  t.equal(counts.filter(({ reason }) => reason === 'revoked').length, 1)
  await pruneLoginCounts(store)
  const [left] = await store.run<{ count: number }>('count', 'select count(*)::int as count from postern.login_counts')
  t.equal(left?.count, 4, 'what is older than an hour is gone')
})
