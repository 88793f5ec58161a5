// The login as a whole: its deadline, clients that go away in the middle of it, and what goes wrong at the database.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import pg from 'pg'
import t, { type Test } from 'tap'
import { moveDatabase } from '../../src/store/databases.js'
import { saslInitialResponse } from '../../src/wire/frontend.js'
import { encodeGssRequest, encodeSslRequest } from '../../src/wire/startup.js'
import { gateWorld, type Gate } from '../support/gate.js'
import { holdTimers } from '../support/held-timers.js'
import { testServer } from '../support/postgres.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { drive, makeWitness, metric, until } from './observe.js'
import { RawClient, Told } from './raw-client.js'

// Of no other timer's length.
const LOGIN_TIMEOUT_MS = 14_321
const [STARTUP_TIMEOUT_MS, CHALLENGE_TIMEOUT_MS] = [7_321, 8_321]
/** GOODBYE_MS of refuse.ts. */
const GOODBYE_MS = 2_000

const CLIENT_FIRST = Buffer.from('n,,n=,r=rOprNGfwEbeRWgbNEkqO')

/** How far a login comes before its client falls silent or leaves. */
const PHASES: Record<string, (client: RawClient, robot: Member, gate: Gate) => Promise<void>> = {
  accept: async () => {},
  'half a start-up packet': async client => void client.send(Buffer.of(0, 0, 0, 50, 0, 3)),
  tls: async client => void (await client.send(encodeSslRequest()).bytes(1)),
  challenge: async (client, robot) => void (await client.startup(robot.name).message()),
  'second challenge': async (client, robot) => {
    await client.startup(robot.name).message()
    await client.send(saslInitialResponse('SCRAM-SHA-256', CLIENT_FIRST)).message()
  },
  upstream: async (client, robot, gate) => {
    gate.hold()
    const before = gate.sent.length
    client.startup(robot.name)
    await client.prove(robot.token)
    await until('the login waits at the gate', () => gate.sent.length > before)
  },
}

/** The phases before the proxy has a valid start-up packet. */
const BEFORE_STARTUP = new Set(['accept', 'half a start-up packet', 'tls'])

void t.test('a login', async t => {
  const server = await testServer(t)

  void t.test('that takes too long is ended, wherever its client fell silent', async t => {
    const deadlines = holdTimers(t, LOGIN_TIMEOUT_MS)
    const world = await makeWorld(t, { server, env: { POSTERN_LOGIN_TIMEOUT: `${LOGIN_TIMEOUT_MS}ms` } })
    const gate = await gateWorld(t, world)
    const robot = await world.account()
    const clients = await Promise.all(
      Object.entries(PHASES).map(async ([phase, comeTo]) => {
        const client = await RawClient.connect(world.port())
        await comeTo(client, robot, gate)
        return [phase, client] as const
      }),
    )
    await until('each has its deadline', () => deadlines.waiting === clients.length)
    deadlines.goOff()
    for (const [phase, client] of clients) {
      if (BEFORE_STARTUP.has(phase)) {
        t.same(await client.rest(), Buffer.alloc(0), `${phase}: closed without an answer, as Postgres does`)
      } else {
        const [heard] = await client.toEnd()
        t.equal(heard && new Told(heard).code, '57014', phase)
      }
      client.close()
    }
    gate.release()
    await until('nothing is left of them', async () => gate.open === 0 && (await inFlight(world)) === 0)
  })

  void t.test('is ended when one part of it takes too long, also when its client sends byte by byte', async t => {
    const startups = holdTimers(t, STARTUP_TIMEOUT_MS)
    const challenges = holdTimers(t, CHALLENGE_TIMEOUT_MS)
    const env = {
      POSTERN_LOGIN_STARTUP_TIMEOUT: `${STARTUP_TIMEOUT_MS}ms`,
      POSTERN_LOGIN_CHALLENGE_TIMEOUT: `${CHALLENGE_TIMEOUT_MS}ms`,
    }
    const world = await makeWorld(t, { server, env })
    const robot = await world.account()
    const timeouts = (phase: string) => metric(world, 'postern_login_timeouts_total', { phase })
    const connect = () => RawClient.connect(world.port())
    const endOf = async (client: RawClient) => {
      const [heard] = await client.toEnd()
      client.close()
      return heard && new Told(heard).code
    }

    const silent = await connect()
    const dripping = await connect()
    for (const byte of [0, 0, 0, 50, 0, 3]) dripping.send(Buffer.of(byte))
    await until('both have their deadline', () => startups.waiting === 2)
    startups.goOff()
    t.same([await endOf(silent), await endOf(dripping)], [undefined, undefined], 'closed without an answer')
    t.equal(await timeouts('startup'), 2)

    const mute = await connect()
    await mute.startup(robot.name).message()
    t.equal(startups.waiting, 0, 'the start-up is over')
    const slow = await connect()
    await slow.startup(robot.name).message()
    for (const byte of saslInitialResponse('SCRAM-SHA-256', CLIENT_FIRST).subarray(0, 9)) slow.send(Buffer.of(byte))
    t.equal(challenges.waiting, 2)
    challenges.goOff()
    t.same([await endOf(mute), await endOf(slow)], ['57014', '57014'])
    t.equal(await timeouts('challenge'), 2)
    t.equal(await inFlight(world), 0)

    await client(t, world, robot)
    t.equal(challenges.waiting, 0, 'whoever has proved who it is is not hurried')
  })

  void t.test('that was refused is closed, also when its client neither reads nor closes', async t => {
    const startups = holdTimers(t, STARTUP_TIMEOUT_MS)
    const goodbyes = holdTimers(t, GOODBYE_MS)
    const env = {
      POSTERN_LOGIN_STARTUP_TIMEOUT: `${STARTUP_TIMEOUT_MS}ms`,
      POSTERN_LIMITS_CONNECTIONS_PER_ADDRESS: '2',
    }
    const world = await makeWorld(t, { server, env })
    const robot = await world.account()
    for (let n = 0; n < 2; n++) {
      const socket = net.connect({ host: '127.0.0.1', port: world.port(), allowHalfOpen: true }).pause()
      t.teardown(() => socket.destroy())
    }
    await until('both have their deadline', () => startups.waiting === 2)
    startups.goOff()
    await until('both are told, and given a moment', () => goodbyes.waiting === 2)
    t.equal((await refusal(world, robot)).code, '53300', 'they still take the places of their address')
    goodbyes.goOff()
    await client(t, world, robot)
  })

  void t.test('whose client goes away is given up at once', async t => {
    // With its time-outs held, only the client's end can end it.
    const deadlines = holdTimers(t, LOGIN_TIMEOUT_MS)
    const world = await makeWorld(t, { server, env: { POSTERN_LOGIN_TIMEOUT: `${LOGIN_TIMEOUT_MS}ms` } })
    const gate = await gateWorld(t, world)
    const witness = await makeWitness(t, world)
    const robot = await world.account()
    const expected: Record<string, string> = {
      accept: 'startup',
      'half a start-up packet': 'startup',
      tls: 'tls',
      'half a TLS handshake': 'tls',
      'within TLS': 'tls',
      challenge: 'challenge',
      'second challenge': 'challenge',
      upstream: 'upstream',
    }
    const ca = readFileSync(world.ca)
    const phases: typeof PHASES = {
      ...PHASES,
      'half a TLS handshake': async client => {
        await client.send(encodeSslRequest()).bytes(1)
        // The header of a ClientHello of 512 bytes, and the first of them.
        client.send(Buffer.of(0x16, 3, 1, 2, 0, 1))
      },
      'within TLS': async client => void (await client.startTls(ca)),
    }
    for (const [name, comeTo] of Object.entries(phases)) {
      for (const leave of ['end', 'close', 'reset'] as const) {
        const count = () => metric(world, 'postern_logins_abandoned_total', { phase: expected[name] ?? '' })
        const before = await count()
        const client = await RawClient.connect(world.port())
        await comeTo(client, robot, gate)
        await until('it has its deadline', () => deadlines.waiting === 1)
        client[leave]()
        await until(`${name}: ${leave} is noticed`, async () => (await count()) === before + 1)
        await until('its place is free', () => deadlines.waiting === 0)
        await until('nothing is in flight', async () => (await inFlight(world)) === 0)
        gate.release()
        await until('no connection to the database is left', () => gate.open === 0)
        client.close()
      }
    }
    t.same(await witness.backends(robot.name), [])
    t.equal(await metric(world, 'postern_sessions_opened_total'), 0)
    t.equal(await metric(world, 'postern_login_timeouts_total'), 0)
    await client(t, world, robot)
  })

  void t.test(
    'that is a load balancer’s probe is over with its FIN, also when that comes with the SSLRequest',
    async t => {
      const startups = holdTimers(t, STARTUP_TIMEOUT_MS)
      const env = { POSTERN_LOGIN_STARTUP_TIMEOUT: `${STARTUP_TIMEOUT_MS}ms` }
      const world = await makeWorld(t, { server, env })
      for (const packet of [encodeSslRequest(), encodeGssRequest(), Buffer.of(0, 0)]) {
        const socket = net.connect({ host: '127.0.0.1', port: world.port() })
        const closed = once(socket, 'close')
        socket.resume().end(packet)
        await closed
        await until('its place is free', () => startups.waiting === 0)
      }
      t.equal(await metric(world, 'postern_logins_abandoned_total'), 3)
      t.equal(await metric(world, 'postern_login_timeouts_total'), 0)
      t.equal(await metric(world, 'postern_logins_total'), 0)
    },
  )

  void t.test('whose client goes away while the store is slow does not wait for the store', async t => {
    const world = await makeWorld(t, { server })
    const robot = await world.account()
    const store = new pg.Client(world.storeUrl)
    await store.connect()
    t.teardown(() => store.end())
    await store.query('begin')
    await store.query('lock table postern.accounts in access exclusive mode')
    const waiting = async () =>
      (await store.query("select from pg_locks where not granted and relation = 'postern.accounts'::regclass")).rowCount
    const client = await RawClient.connect(world.port())
    await client.startup(robot.name).message()
    client.send(saslInitialResponse('SCRAM-SHA-256', CLIENT_FIRST))
    await until('the look-up of the account waits', async () => (await waiting()) === 1)
    client.close()
    const abandoned = () => metric(world, 'postern_logins_abandoned_total', { phase: 'lookup' })
    const order = await Promise.race([
      until('it is given up', async () => (await abandoned()) === 1).then(() => 'given up'),
      until('the store has refused', async () => (await waiting()) === 0).then(() => 'refused'),
    ])
    t.equal(order, 'given up')
    await store.query('rollback')
  })

  void t.test('to a database that is down', async t => {
    const world = await makeWorld(t, { server })
    const robot = await world.account()
    const nobodyThere = 1
    await moveDatabase(world.store, world.database.id, { host: '127.0.0.1', port: nobodyThere })
    const told = await refusal(world, robot)
    t.match(told.fields, { S: 'FATAL', C: '08006', M: 'the database server could not be reached' })
    t.notMatch(told.bytes.toString(), /127\.0\.0\.1|refused|ECONN/, 'no address, and no words of the system')
    t.equal(await metric(world, 'postern_upstream_errors_total', { database: 'shop', kind: 'unreachable' }), 1)
    const line = world.log.find(({ session }) => session === told.reference)
    t.match(line, {
      code: 'upstream_unreachable',
      account: robot.name,
      database: 'shop',
      err: { message: /ECONNREFUSED/ },
    })
  })

  void t.test('that the database refuses with an error of its own is told just that', async t => {
    const world = await makeWorld(t, { server })
    const witness = await makeWitness(t, world)
    const robot = await world.account()
    const { reader } = (await world.instance.knowledge.databases.get(world.database.id)).value?.logins ?? {}
    const role = pg.escapeIdentifier(reader?.user ?? '')
    await witness.client.query(`alter role ${role} connection limit 0`)
    const full = await refusal(world, robot)
    t.match(full.fields, { S: 'FATAL', C: '53300', M: /too many connections for role/, R: 'InitializeSessionUserId' })
    await witness.client.query(`alter role ${role} connection limit -1`)

    const told = await refusal(world, robot, [['no_such_setting', '1']])
    t.match(told.fields, { C: '42704', M: /no_such_setting/ }, 'a start-up parameter that the database does not know')

    await world.store.run('break', "update postern.databases set dbname = 'no_such_database'", [])
    const isRefused = () =>
      refusal(world, robot).then(
        ({ code }) => code === '3D000',
        () => false,
      )
    await until('the proxy knows', isRefused)
    t.equal(await metric(world, 'postern_logins_in_flight'), 0)
  })

  void t.test('whose stored password no longer works tells nothing of it', async t => {
    const world = await makeWorld(t, { server })
    const witness = await makeWitness(t, world)
    const robot = await world.account()
    const { reader } = (await world.instance.knowledge.databases.get(world.database.id)).value?.logins ?? {}
    await witness.client.query(`alter role ${pg.escapeIdentifier(reader?.user ?? '')} password 'another'`)
    const told = await refusal(world, robot)
    t.match(told.fields, { C: '08006', M: /did not accept the login/, H: /database check/ })
    t.notOk(told.bytes.includes(reader?.user ?? 'missing'))
    t.equal(await metric(world, 'postern_upstream_errors_total', { kind: 'login_refused' }), 1)
  })
})

async function refusal(world: World, robot: Member, parameters: [string, string][] = []): Promise<Told> {
  const client = await RawClient.connect(world.port())
  const told = await client.logIn(robot, { parameters }).catch((error: unknown) => error)
  client.close()
  if (!(told instanceof Told)) throw new Error(`not refused: ${String(told)}`)
  return told
}

function inFlight(world: World): Promise<number> {
  return metric(world, 'postern_logins_in_flight')
}

async function client(t: Test, world: World, robot: Member): Promise<void> {
  const driver = await drive(t, world.uri(robot))
  t.equal((await driver.client.query('select 1')).rowCount, 1, 'others get in')
}
