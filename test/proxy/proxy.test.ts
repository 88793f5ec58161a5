// The drain: what happens to sessions and connections when the instance is told to stop.

import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { holdTimers } from '../support/held-timers.js'
import { testServer } from '../support/postgres.js'
import { makeWorld } from '../support/world.js'
import { drive, makeWitness, until } from './observe.js'
import { RawClient, Told, type Heard } from './raw-client.js'

const DRAINED = {
  S: 'FATAL',
  C: '57P01',
  M: 'session ended: drained, as the proxy is shutting down',
  H: /another instance/,
}

// How often a drain looks for sessions that have become idle.
const LOOK_MS = 50

// Of no other timer's length.
const ACCEPT_DELAY_MS = 12_345

void t.test('a drain', async t => {
  const server = await testServer(t)

  void t.test('ends idle sessions at once, busy ones when they are done, and the rest at the deadline', async t => {
    const world = await makeWorld(t, { server, env: { POSTERN_DRAIN_TIMEOUT: '200s' } })
    const witness = await makeWitness(t, world)
    const robot = await world.account()
    const enter = async () => {
      const raw = await RawClient.connect(world.port())
      t.teardown(() => raw.close())
      await raw.logIn(robot)
      return raw
    }
    const order: string[] = []
    const end = async (name: string, raw: RawClient): Promise<Heard[]> => {
      const heard = await raw.toEnd()
      order.push(name)
      raw.close()
      return heard
    }
    const entered = await Promise.all(Array.from({ length: 7 }, enter))
    const [fresh, idle, busy, inTransaction, endless, late, pipeline] = entered
    if (!fresh || !idle || !busy || !inTransaction || !endless || !late || !pipeline)
      throw new Error('a session is missing')
    const silent = await RawClient.connect(world.port())
    await idle.ask('select 1')
    await inTransaction.ask('begin')
    late.query('select pg_sleep(60)')
    await witness.client.query('select pg_advisory_lock(1)')
    busy.query("select pg_advisory_lock_shared(1), 'done'")
    endless.query('select pg_sleep(60)')
    pipeline.query('select 1').query("select pg_advisory_lock_shared(1), 'piped'")
    await pipeline.upTo('Z')
    await until('four of them are at work', async () => {
      const backends = await witness.backends(robot.name)
      return backends.filter(({ wait }) => wait === 'PgSleep' || wait === 'advisory').length === 4
    })

    const looks = holdTimers(t, LOOK_MS)
    const untilEnded = (what: string, count: number) =>
      until(what, () => {
        looks.goOff()
        return order.length === count
      })
    const stopped = world.instance.stop()
    const ends = Promise.all([
      end('fresh', fresh),
      end('idle', idle),
      end('busy', busy),
      end('in transaction', inTransaction),
      end('endless', endless),
      end('late', late),
      end('pipeline', pipeline),
    ])
    await until('new connections are refused', () => isRefused(world.port()))
    t.same((await fetch(`${world.instance.metrics}/readyz`)).status, 503)
    await t.rejects(silent.logIn(robot), { code: '57P03', message: 'the proxy is shutting down' }, 'old ones too')
    silent.close()

    await untilEnded('the idle ones', 2)
    t.same(order.toSorted(), ['fresh', 'idle'])
    await witness.client.query('select pg_advisory_unlock(1)')
    await untilEnded('those at work', 4)
    t.same(order.slice(2).toSorted(), ['busy', 'pipeline'])
    world.skip(199_000)
    for (let look = 0; look < 2; look++) {
      await until('it has looked', () => looks.waiting > 0)
      looks.goOff()
    }
    t.equal(order.length, 4, 'the others may go on to the deadline')
    world.skip(1_000)
    await untilEnded('the others', 7)
    for (const heard of await ends) t.match(new Told(heard.at(-1) ?? never()).fields, DRAINED)
    await stopped
    t.same(order.slice(4).toSorted(), ['endless', 'in transaction', 'late'])
    for (const [index, answer] of [
      [2, 'done'],
      [6, 'piped'],
    ] as const) {
      const heard = (await ends)[index]
      t.ok(
        heard?.some(({ type, body }) => type === 'D' && body.includes(answer)),
        `${answer}: it had its answer`,
      )
    }
    await until('no backend is left', async () => (await witness.backends(robot.name)).length === 0)
  })

  void t.test('takes connections for as long as a load balancer needs to notice', async t => {
    const delays = holdTimers(t, ACCEPT_DELAY_MS)
    const world = await makeWorld(t, { server, env: { POSTERN_DRAIN_ACCEPT_DELAY: `${ACCEPT_DELAY_MS}ms` } })
    const robot = await world.account()
    const { ended } = await drive(t, world.uri(robot))
    const readiness = () => fetch(`${world.instance.metrics}/readyz`)
    t.equal((await readiness()).status, 200)
    const stopped = world.instance.stop()
    const answer = await readiness()
    t.equal(answer.status, 503)
    t.match(await answer.json(), { reasons: ['draining'] })
    const { client } = await drive(t, world.uri(robot))
    t.equal((await client.query('select 1')).rowCount, 1)
    delays.goOff()
    t.match(await ended, { code: '57P01' })
    await stopped

    const api = await world.another({ only: 'api' })
    const apiStopped = api.stop()
    t.equal((await fetch(`${api.metrics}/readyz`)).status, 503)
    t.equal((await fetch(`${api.api}/openapi.json`)).status, 200, 'an API that is alone does so too')
    delays.goOff()
    await apiStopped
  })

  void t.test('lets a login that is under way come to its end first', async t => {
    const world = await makeWorld(t, { server, env: { POSTERN_DRAIN_TIMEOUT: '10m' } })
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    t.teardown(() => raw.close())
    raw.startup(robot.name)
    await until('it is asked who it is', () => raw.waiting.length > 0)
    const stopped = world.instance.stop()
    await until('new connections are refused', () => isRefused(world.port()))
    await raw.prove(robot.token)
    t.equal((await raw.upTo('Z')).at(-1)?.type, 'Z')
    t.match(new Told((await raw.toEnd()).at(-1) ?? never()).fields, DRAINED)
    await stopped
  })

  void t.test('does not keep a revoked key going, nor its reason from the client', async t => {
    const world = await makeWorld(t, { server, env: { POSTERN_DRAIN_TIMEOUT: '10m' } })
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    t.teardown(() => raw.close())
    await raw.logIn(robot)
    await raw.ask('begin')
    const stopped = world.instance.stop()
    await until('new connections are refused', () => isRefused(world.port()))
    await world.revoke(robot)
    t.match(new Told((await raw.toEnd()).at(-1) ?? never()).fields, { C: '57P01', M: /the API key was revoked/ })
    await stopped
  })

  void t.test('that is hurried ends everything now, requests of the API too', async t => {
    const world = await makeWorld(t, { server, only: 'both', env: { POSTERN_DRAIN_TIMEOUT: '10m' } })
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    await raw.logIn(robot)
    await raw.ask('begin')
    const halfRequest = net.connect(Number(new URL(world.instance.api ?? never()).port), '127.0.0.1')
    t.teardown(() => halfRequest.destroy())
    halfRequest.write(
      'POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n',
    )
    await once(halfRequest, 'data')
    const stopped = world.instance.stop()
    await world.instance.hurry()
    t.match(new Told((await raw.toEnd()).at(-1) ?? never()).fields, DRAINED)
    let isOver = false
    void stopped.then(() => (isOver = true))
    await until('it has stopped', () => isOver, 20_000)
    raw.close()
  })

  void t.test('that is hurried accepts nobody any more', async t => {
    // Nobody waits for the delay: its timer never goes off.
    const delays = holdTimers(t, ACCEPT_DELAY_MS)
    const world = await makeWorld(t, { server, env: { POSTERN_DRAIN_ACCEPT_DELAY: `${ACCEPT_DELAY_MS}ms` } })
    const stopped = world.instance.stop()
    t.equal(delays.waiting, 1)
    await world.instance.hurry()
    await stopped
    t.ok(await isRefused(world.port()))
  })
})

async function isRefused(port: number): Promise<boolean> {
  const error: NodeJS.ErrnoException = await new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1', () => socket.destroy())
    socket.on('error', resolve).on('close', () => resolve(new Error('connected')))
  })
  return error.code === 'ECONNREFUSED'
}

function never(): never {
  throw new Error('nothing was heard')
}
