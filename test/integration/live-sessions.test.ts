// The sessions of all instances, seen and ended from any of them; where a change is in force; and what is remembered of
// the use of keys. Two instances on one store: the first runs proxy and API, the second a proxy.

import t from 'tap'
import type { Instance } from '../../src/serve.js'
import { listAuditEvents } from '../../src/store/audit.js'
import { lastUses } from '../../src/store/key-uses.js'
import { gateWorld } from '../support/gate.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { drive, metric, until } from '../proxy/observe.js'
import { fieldsOf, RawClient } from '../proxy/raw-client.js'

interface Session {
  id: string
  account: string
  key: string
  state: string
  application: string | null
  instance: string
  bytes_from_client: number
  bytes_from_database: number
}

interface Instances {
  items: { id: string; state: string; runs_proxy: boolean; in_force: boolean; push: string | null; host: string }[]
  in_force: { seq: number; on: number; of: number }
}

void t.test('sessions of all instances', async t => {
  const world = await makeWorld(t, {
    only: 'both',
    env: { POSTERN_SESSIONS_REPORT: '1s', POSTERN_API_RATE_LIMIT_REQUESTS: '100000' },
  })
  const gate = await gateWorld(t, world)
  const other = await world.another()
  const admin = await world.key(world.admin)
  const ask = <T>(path: string, method = 'GET') => request<T>(world.instance, admin, path, method)
  const sessionsOf = async ({ name }: Member) =>
    (await ask<{ items: Session[] }>(`/v1/sessions?account=${name}`)).body.items
  const sessionOf = async (member: Member, condition: (session: Session) => boolean = () => true) => {
    let found: Session | undefined
    await until('its session is listed', async () => (found = (await sessionsOf(member)).find(condition)) !== undefined)
    return found as Session
  }

  void t.test('a session on another instance is listed with what it does', async t => {
    const robot = await world.account()
    const { client } = await drive(t, world.uri(robot, { on: other }), { application_name: 'nightly\u001b report' })
    const idle = await sessionOf(robot, ({ state, bytes_from_client }) => state === 'idle' && bytes_from_client === 0)
    t.match(idle, { account: robot.name, key: robot.keyId, database: 'shop', role: 'reader', address: '127.0.0.1' })
    t.equal(idle.application, 'nightly report', 'its name for itself, without control characters')
    const running = client.query('select pg_sleep(600)').catch(() => {})
    const busy = await sessionOf(robot, ({ state }) => state === 'busy')
    t.ok(busy.bytes_from_client > 0)
    await world.revoke(robot)
    await running
    await until('a session that is over is not listed', async () => (await sessionsOf(robot)).length === 0)
  })

  void t.test('it is ended through any instance, and its key goes on', async t => {
    const robot = await world.account()
    const { client, ended } = await drive(t, world.uri(robot, { on: other }))
    const { client: bystander } = await drive(t, world.uri(robot, { on: other }))
    const running = client.query('select pg_sleep(600)').catch((error: unknown) => error)
    // Busy is also who is still logging in.
    const { id } = await sessionOf(robot, ({ state, bytes_from_client }) => state === 'busy' && bytes_from_client > 0)
    const before = await propagations(other)

    const answer = await ask<{ seq: number; session: Session }>(`/v1/sessions/${id}/end`, 'POST')
    t.equal(answer.status, 202)
    t.match(answer.body, { session: { id, key: robot.keyId }, next: /57P01/ })
    t.match(await running, { code: '57P01', message: 'session ended by an admin', detail: `Reference: ${id}` })
    await ended
    await bystander.query('select 1')
    await drive(t, world.uri(robot, { on: other }))
    await until('how long it took is measured', async () => (await propagations(other)) === before + 1)
    await until('it is not listed', async () => (await ask(`/v1/sessions/${id}`)).status === 404)
    t.equal((await ask(`/v1/sessions/${id}/end`, 'POST')).status, 404, 'what is over can not be ended')

    const { items } = await listAuditEvents(world.store, { action: 'session.end', outcome: 'done' }, { limit: 1 })
    t.match(items, [{ actor: world.admin.name, target: `${robot.name} ${id}`, before: { account: robot.name } }])
    await until('it is in force everywhere', async () => {
      const { in_force } = (await ask<Instances>(`/v1/instances?seq=${answer.body.seq}`)).body
      return in_force.on === 2 && in_force.of === 2
    })
  })

  void t.test('a session that is still logging in to its database is ended too', async t => {
    const robot = await world.account()
    gate.hold()
    const client = await RawClient.connect(world.port())
    client.startup(robot.name)
    await client.prove(robot.token)
    const { id } = await sessionOf(robot)
    t.equal((await ask(`/v1/sessions/${id}/end`, 'POST')).status, 202)
    const [told] = (await client.toEnd()).slice(-1)
    t.match(fieldsOf(told?.body ?? Buffer.alloc(0)), { C: '57P01', M: 'session ended by an admin' })
    gate.release()
  })

  void t.test('every instance is listed while it runs, and where the newest change is in force', async t => {
    const third = await world.another()
    const api = await world.another({ only: 'api' })
    await until('all report', async () => (await ask<Instances>('/v1/instances')).body.items.length === 4)
    await until('all hear of changes', async () =>
      (await ask<Instances>('/v1/instances')).body.items.every(({ push }) => push === 'up'),
    )
    for (const { metrics } of [third, api]) {
      const { list } = (await (await fetch(`${metrics}/readyz`)).json()) as { list: object }
      t.match(list, { seq: Number, age_seconds: Number, read_at: /^20/, push: 'up' })
    }
    await until('the newest change is in force on all proxies', async () => {
      const { in_force } = (await ask<Instances>('/v1/instances')).body
      return in_force.on === 3 && in_force.of === 3
    })
    const { body } = await request<Instances>(api, admin, '/v1/instances?seq=1000000')
    t.match(body.in_force, { seq: 1_000_000, on: 0, of: 3 })
    t.equal(body.items.filter(({ runs_proxy }) => runs_proxy).length, 3)

    await third.stop()
    t.equal((await ask<Instances>('/v1/instances')).body.items.length, 3, 'one that stops leaves the list at once')
    await world.store.run(
      'kill',
      "insert into postern.instances values (gen_random_uuid(), 'lost', '0', true, now(), now() - interval '1 minute', 0, 0)",
    )
    const lost = (await ask<Instances>('/v1/instances')).body
    t.match(
      lost.items.find(({ host }) => host === 'lost'),
      { state: 'silent', in_force: false, push: null },
    )
    t.equal(lost.in_force.of, 3, 'one that is silent still counts: sessions may live there')
    await world.store.run(
      'age',
      "update postern.instances set seen_at = now() - interval '311 seconds' where host = 'lost'",
    )
    t.equal((await ask<Instances>('/v1/instances')).body.in_force.of, 2, 'until it must have ended them by itself')
  })

  void t.test('what the store lost is reported again, and what it has too much goes', async t => {
    const robot = await world.account()
    await drive(t, world.uri(robot, { on: other }))
    const { id } = await sessionOf(robot)
    await world.store.run('crash', 'truncate postern.live_sessions')
    t.equal((await sessionOf(robot)).id, id)
    await world.store.run(
      'remain',
      `insert into postern.live_sessions select id, 'LEFT-OVER', $1, 'x', 'x', $1, 'x', 'reader', 'x', 'x', null, now(),
         'idle', 0, 0 from postern.instances where runs_proxy and host <> 'lost'`,
      [world.admin.id],
    )
    await until('what should not be there is gone', async () => {
      const left = await world.store.run('look', "select from postern.live_sessions where id = 'LEFT-OVER'")
      return left.length === 0
    })
  })

  void t.test('the last use of a key is remembered, at the proxy and in the API', async t => {
    const robot = await world.account()
    await drive(t, world.uri(robot), { application_name: 'etl' })
    const useOf = async ({ keyId }: Member) => (await lastUses(world.store, [keyId])).get(keyId)
    await until('its use is written', async () => (await useOf(robot)) !== undefined)
    t.match(await useOf(robot), { address: '127.0.0.1', application: 'etl', database: 'shop' })
    await until('that of the admin too', async () => (await useOf(admin)) !== undefined)
    t.match(await useOf(admin), { address: '127.0.0.1', application: 'node', database: null })
  })
})

async function request<T>(instance: Instance, { token }: Member, path: string, method = 'GET') {
  const response = await fetch(`${instance.api}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, body: (await response.json()) as T }
}

async function propagations(instance: Instance): Promise<number> {
  const world = { metrics: async () => (await fetch(`${instance.metrics}/metrics`)).text() } as World
  return metric(world, 'postern_revocation_propagation_seconds_count')
}
