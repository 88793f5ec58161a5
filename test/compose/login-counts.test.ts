import t from 'tap'
import { LoginCounter } from '../../src/compose/login-counts.js'
import { Refusal } from '../../src/errors.js'
import type { LoginCount } from '../../src/store/login-counts.js'

void t.test('counts logins by minute and true reason, and tells whole minutes until they are heard', async t => {
  let now = 60_000
  const counter = new LoginCounter(() => now)
  const told: LoginCount[][] = []
  const flush = () => counter.flush(async counts => void told.push([...counts]))
  await flush()
  counter.admitted()
  counter.admitted()
  counter.refused(new Refusal('credentials_rejected', { reason: 'revoked' }))
  now += 30_000
  await t.rejects(counter.flush(() => Promise.reject(new Error('no store'))))
  await flush()
  await flush()
  counter.admitted()
  now += 30_000
  counter.admitted()
  await flush()
  t.strictSame(told, [
    [
      { minute: 1, ageMs: 30_000, reason: 'none', count: 2 },
      { minute: 1, ageMs: 30_000, reason: 'revoked', count: 1 },
    ],
    [
      { minute: 1, ageMs: 60_000, reason: 'none', count: 3 },
      { minute: 1, ageMs: 60_000, reason: 'revoked', count: 1 },
      { minute: 2, ageMs: 0, reason: 'none', count: 1 },
    ],
  ])
})

void t.test('keeps no more than an hour while the store is away', async t => {
  let now = 0
  const counter = new LoginCounter(() => now)
  for (; now < 300 * 60_000; now += 60_000) counter.admitted()
  let minutes = 0
  await counter.flush(async counts => void (minutes = counts.length))
  t.equal(minutes, 60)
})
