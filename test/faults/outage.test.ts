// What takes minutes, or has to be looked at from within: the way to the store is broken for real, and the time that passes
// is that of an injected clock.

import t, { type Test } from 'tap'
import type { Instance } from '../../src/serve.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { drive, stands, until } from '../proxy/observe.js'
import { faultyWire } from '../support/faulty-wire.js'
import { testServer } from '../support/postgres.js'
import { makeWorld, type Member } from '../support/world.js'
import { scenario } from './scenarios.js'

const MAX_AGE_MS = 300_000
const YEAR_MS = 365 * 24 * 3_600_000
const ACCOUNTS = 20

void t.test('an outage', async t => {
  const server = await testServer(t)
  const world = await makeWorld(t, { server, only: 'both', env: { POSTERN_REVOCATION_REFRESH: '1s' } })
  const [store] = await world.store.run<{ name: string }>('name the store', 'select current_database() as name')
  const wire = await faultyWire(t, server)
  const throughWire = new URL(server.url(store?.name ?? ''))
  throughWire.port = String(wire.port)
  const behindWire = (whenStale: string) =>
    world.another({ env: { POSTERN_STORE_URL: throughWire.href, POSTERN_REVOCATION_WHEN_STALE: whenStale } })
  const [ends, keeps] = [await behindWire('end-sessions'), await behindWire('keep-sessions')]
  const logIn = (t: Test, member: Member, on: Instance) => drive(t, world.uri(member, { on }))

  /** Breaks the way to the store, and waits until it is felt. */
  async function breakWire(): Promise<void> {
    const failed = await Promise.all([ends, keeps].map(failures))
    wire.set('drop')
    for (const [nth, instance] of [ends, keeps].entries()) {
      await until('the list can not be read', async () => (await failures(instance)) > (failed[nth] ?? 0) + 1)
    }
  }

  async function mendWire(): Promise<void> {
    wire.set('pass')
    wire.cut()
    for (const instance of [ends, keeps]) await until('it is ready', async () => (await ready(instance)).status === 200)
  }

  await scenario(t, 'store-unreachable', async t => {
    const [robot, other] = [await world.account(), await world.account()]
    const [ended, kept] = [await logIn(t, robot, ends), await logIn(t, robot, keeps)]
    const doomed = await logIn(t, other, keeps)
    await breakWire()
    for (const instance of [ends, keeps]) await stands(t, await logIn(t, robot, instance))

    world.skip(0.85 * MAX_AGE_MS)
    for (const instance of [ends, keeps]) {
      t.same(await ready(instance), { status: 503, reasons: ['the revocation list is too old'] })
      await stands(t, await logIn(t, robot, instance))
    }
    await stands(t, ended)

    world.skip(0.2 * MAX_AGE_MS)
    t.match(await ended.ended, { code: '57P01', message: /can not check for revoked keys/ })
    for (const instance of [ends, keeps]) await t.rejects(logIn(t, robot, instance), { code: '57P03' })
    await stands(t, kept)
    await stands(t, doomed)

    await world.revoke(other)
    await mendWire()
    t.match(await doomed.ended, { code: '57P01', message: /the API key was revoked/ })
    await stands(t, kept)
    for (const instance of [ends, keeps]) await stands(t, await logIn(t, robot, instance))
  })

  await scenario(t, 'recovery', async t => {
    const robots: Member[] = []
    for (let nth = 0; nth < ACCOUNTS; nth++) robots.push(await world.account())
    const twice = [...robots, ...robots]
    const kept = await Promise.all(twice.map(robot => logIn(t, robot, keeps)))
    await breakWire()
    world.skip(1.1 * MAX_AGE_MS)
    const lookUps = watchLookUps(t, keeps)
    await mendWire()
    await Promise.all(twice.map(robot => logIn(t, robot, keeps)))
    for (const session of kept) await stands(t, session)
    for (const { name } of robots) {
      const times = lookUps.asked.filter(asked => asked === name).length
      t.ok(times >= 1 && times <= 2, `${name} was looked up ${String(times)} times`)
    }
    t.ok(lookUps.most <= 6, `${String(lookUps.most)} at a time`)
  })

  await scenario(t, 'clock-jumps', async t => {
    for (const jumpMs of [YEAR_MS, -YEAR_MS]) {
      const [hour, gone] = [Date.now() + 3_600_000, Date.now() - 1_000]
      const [robot, expired] = [await world.account({ expiresAt: hour }), await world.account({ expiresAt: gone })]
      const session = await logIn(t, robot, world.instance)
      const mend = jumpClock(t, jumpMs)
      const read = await metricOf(world.instance, 'postern_revocation_refreshes_total{outcome="ok"}')
      await until(
        'the list is read, and the sessions are looked at',
        async () => (await metricOf(world.instance, 'postern_revocation_refreshes_total{outcome="ok"}')) > read + 1,
      )
      await stands(t, session)
      await stands(t, await logIn(t, robot, world.instance))
      await t.rejects(logIn(t, expired, world.instance), { code: '28P01' })
      t.same(await ready(world.instance), { status: 200, reasons: [] })
      t.ok((await metricOf(world.instance, 'postern_revocation_list_age_seconds')) < 60)
      t.equal(await daysOfNewKey(robot), 1)
      await world.revoke(robot)
      t.match(await session.ended, { code: '57P01', message: /the API key was revoked/ })
      mend()
    }
  })

  /** Makes a key for a day through the API; answers how many days it has by the clock of the store. */
  async function daysOfNewKey({ name }: Member): Promise<number> {
    const admin = await world.key(world.admin)
    const answer = await fetch(`${world.instance.api ?? ''}/v1/accounts/${name}/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ expires_in_days: 1 }),
    })
    const { key } = (await answer.json()) as { key: { id: string } }
    const sql =
      'select round(extract(epoch from expires_at - now()) / 86400)::integer as days from postern.api_keys where id = $1'
    const [row] = await world.store.run<{ days: number }>('ask for a key', sql, [key.id])
    return row?.days ?? NaN
  }
})

/** Puts the clock of this process, and so of the instances in it, forward or back, until it is mended. */
function jumpClock(t: Test, ms: number): () => void {
  const Real = Date
  const mend = () => void (globalThis.Date = Real)
  t.teardown(mend)
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: [number]) => (args.length > 0 ? new target(...args) : new target(target.now() + ms)),
    get: (target, name) =>
      name === 'now' ? () => target.now() + ms : (Reflect.get(target, name) as DateConstructor[keyof DateConstructor]),
  })
  return mend
}

/** Notes which accounts an instance looks up in the store, and how many at a time at the most. */
function watchLookUps(t: Test, { knowledge: { accountRecords } }: Instance): { asked: string[]; most: number } {
  const seen = { asked: [] as string[], most: 0 }
  let under = 0
  t.intercept(accountRecords, 'loadAccount', {
    value: async (name: string) => {
      seen.asked.push(name)
      seen.most = Math.max(seen.most, ++under)
      try {
        return await AccountRecords.prototype.loadAccount.call(accountRecords, name)
      } finally {
        under--
      }
    },
  })
  return seen
}

async function ready({ metrics }: Instance): Promise<{ status: number; reasons: string[] }> {
  const answer = await fetch(`${metrics}/readyz`)
  const { reasons } = (await answer.json()) as { reasons: string[] }
  return { status: answer.status, reasons }
}

function failures(instance: Instance): Promise<number> {
  return metricOf(instance, 'postern_revocation_refreshes_total{outcome="failed"}')
}

/** The value of one series. */
async function metricOf({ metrics }: Instance, series: string): Promise<number> {
  const text = await (await fetch(`${metrics}/metrics`)).text()
  const line = text.split('\n').find(each => each.startsWith(`${series} `))
  return Number(line?.slice(series.length) ?? 0)
}
