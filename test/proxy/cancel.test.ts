import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import pg from 'pg'
import t, { type Test } from 'tap'
import { Cancels, type CancelPeers } from '../../src/proxy/cancel.js'
import type { Instance } from '../../src/serve.js'
import { int32 } from '../../src/wire/frame.js'
import { encodeCancelRequest, type CancelKey } from '../../src/wire/startup.js'
import { createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { withTransaction } from '../../src/store/transaction.js'
import { startPsql, withoutPsql } from '../integration/psql.js'
import { makeGate } from '../support/gate.js'
import { holdTimers } from '../support/held-timers.js'
import { makeWorld, type Member, type World } from '../support/world.js'
import { makeWitness, metric, until } from './observe.js'
import { fieldsOf, RawClient, type Heard } from './raw-client.js'

/** How long who was told all that there is to tell has to close. */
const GOODBYE_MS = 2_000

/** How long the other instances have to say that a key is one of theirs. */
const ANSWER_MS = 1_500

void t.test('cancel requests', async t => {
  const world = await makeWorld(t)
  const witness = await makeWitness(t, world)
  const ca = readFileSync(world.ca)

  const asleep = async (t: Test, minor = 0, port = world.port(), { robot }: { robot?: Member } = {}) => {
    robot ??= await world.account()
    const raw = await RawClient.connect(port)
    t.teardown(() => raw.close())
    const key = keyOf(await raw.logIn(robot, { minor }))
    raw.query('select pg_sleep(60)')
    await until('it sleeps', async () => (await witness.backends(robot.name))[0]?.wait === 'PgSleep')
    return { robot, raw, key }
  }
  const outcomes = (outcome: string) => metric(world, REQUESTS, { outcome })

  void t.test('cancel the query of the session whose key they name', async t => {
    for (const tls of [false, true]) {
      const [{ raw, key }, other] = [await asleep(t), await asleep(t)]
      const before = await outcomes('sent')
      await sendCancel(world, key, tls ? ca : null)
      t.match(errorOf(await raw.upTo('Z')), { C: '57014' }, tls ? 'over TLS' : 'in the clear')
      t.equal((await raw.ask('select 1')).at(-1)?.type, 'Z', 'the session goes on')
      t.equal((await witness.backends(other.robot.name))[0]?.wait, 'PgSleep', 'and so does the query of the other')
      t.equal(await outcomes('sent'), before + 1)
      other.raw.close()
    }
  })

  void t.test('take the long keys of protocol 3.2', async t => {
    const { raw, key } = await asleep(t, 2)
    t.ok(key.secretKey.length > 4)
    await sendCancel(world, key, null)
    t.match(errorOf(await raw.upTo('Z')), { C: '57014' })
  })

  void t.test('the process id is that of the backend, for pg_cancel_backend and people', async t => {
    const { robot, key } = await asleep(t)
    t.equal((await witness.backends(robot.name))[0]?.pid, key.processId)
  })

  void t.test('do nothing with a key that is wrong, cut short or of another process', async t => {
    const { robot, key } = await asleep(t, 2)
    const before = await outcomes('unknown_key')
    const flipped = Buffer.from(key.secretKey)
    flipped.writeUInt8(flipped.readUInt8(0) ^ 1)
    const wrong: CancelKey[] = [
      { processId: key.processId, secretKey: flipped },
      { processId: key.processId, secretKey: key.secretKey.subarray(0, 4) },
      { processId: key.processId + 1, secretKey: key.secretKey },
    ]
    const told = await unanswered(t, Promise.all(wrong.map(each => sendCancel(world, each, null))))
    for (const each of told) t.same(each, Buffer.alloc(0), 'and are told nothing')
    t.equal(await outcomes('unknown_key'), before + 3)
    t.equal((await witness.backends(robot.name))[0]?.wait, 'PgSleep')
  })

  void t.test('know no key of a session that is over', async t => {
    const { robot, raw, key } = await asleep(t)
    raw.reset()
    await until('it is over', () => world.log.some(({ msg, key }) => msg === 'session closed' && key === robot.keyId))
    const before = await outcomes('unknown_key')
    await unanswered(t, sendCancel(world, key, null))
    t.equal(await outcomes('unknown_key'), before + 1)
  })

  void t.test('are closed by the proxy, whether or not the requester closes', async t => {
    const goodbyes = holdTimers(t, GOODBYE_MS)
    const client = await RawClient.connect(world.port())
    client.send(encodeCancelRequest({ processId: 1, secretKey: Buffer.from('none') }))
    t.same(await unanswered(t, client.rest()), Buffer.alloc(0))
    // The requester would keep its side open for as long as it likes, but what it sends is answered with a reset.
    goodbyes.goOff()
    await until('the proxy holds nothing of it', () => client.send(Buffer.of(0)).socket.destroyed)
  })

  void t.test('reach a session wherever it is', async t => {
    // However slow the machine is: the other instance answers in time.
    holdTimers(t, ANSWER_MS)
    const other = await world.another()
    const [here, there] = [world.port(), other.proxy[0]?.port ?? 0]
    const heardOf = await eavesdrop(t, world)
    for (const [what, minor, from, to, tls] of [
      ['from the other instance', 0, here, there, false],
      ['to the other instance', 0, there, here, false],
      ['by its long key', 2, there, here, false],
      ['over TLS', 2, here, there, true],
    ] as const) {
      const [{ raw, key }, bystander] = [await asleep(t, minor, from), await asleep(t, 0, from)]
      const count = () => metric(to === here ? world : metricsOf(other), REQUESTS, { outcome: 'forwarded' })
      const before = await count()
      let isOver = false
      void sendCancel({ port: () => to }, key, tls ? ca : null).then(() => (isOver = true))
      await until('it has been answered', () => isOver)
      t.match(errorOf(await raw.upTo('Z')), { C: '57014' }, what)
      t.equal((await raw.ask('select 1')).at(-1)?.type, 'Z', 'the session goes on')
      t.equal((await witness.backends(bystander.robot.name))[0]?.wait, 'PgSleep', 'and so does the query of another')
      t.equal(await count(), before + 1)
      bystander.raw.close()
      const whole = Buffer.concat([int32(key.processId), key.secretKey])
      const secrets = [key.secretKey, whole, sha256(key.secretKey), sha256(whole)].flatMap(secret =>
        (['hex', 'base64', 'base64url', 'latin1'] as const).map(encoding => secret.toString(encoding)),
      )
      t.notOk(
        secrets.some(secret => heardOf().includes(secret)),
        'the store heard no key and no plain hash',
      )
    }
    t.match(heardOf(), /ask [\w-]{43} 127\.0\.0\.1\n/)
  })

  void t.test('of psql reach it through a balancer that sends them elsewhere', { skip: withoutPsql }, async t => {
    holdTimers(t, ANSWER_MS)
    const other = await world.another()
    const port = await balance(t, [world.port(), other.proxy[0]?.port ?? 0])
    const robot = await world.account()
    const session = startPsql(t, {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: robot.name,
      PGPASSWORD: robot.token,
      PGDATABASE: 'shop',
      PGSSLMODE: 'disable',
      PGAPPNAME: robot.name,
    })
    session.say('select pg_sleep(60);')
    await until('it sleeps', async () => (await witness.backends(robot.name))[0]?.wait === 'PgSleep')
    session.child.kill('SIGINT')
    t.match(await session.ended, { stderr: /canceling statement due to user request/ })
    t.equal(await metric(metricsOf(other), REQUESTS, { outcome: 'forwarded' }), 1)
  })

  void t.test('that anybody wrote to the store are not obeyed when they are none', async t => {
    const { robot, raw, key } = await asleep(t)
    for (const text of [
      '',
      'ask',
      'ask x',
      `ask ${'x'.repeat(43)}`,
      `ask ${'x'.repeat(43)} 127.0.0.1`,
      `told sent ${'x'.repeat(43)}`,
      'told no-such ' + 'x'.repeat(43),
    ])
      await world.store.run('notify', "select pg_notify('postern_cancels', $1)", [text])
    t.equal((await witness.backends(robot.name))[0]?.wait, 'PgSleep')
    await sendCancel(world, key, null)
    t.match(errorOf(await raw.upTo('Z')), { C: '57014' })
  })

  void t.test('from where the account may not log in name no session, on whatever instance it is', async t => {
    const pinned = { role: 'reader', databaseIds: [world.database.id], makerId: world.admin.id } as const
    const stayer = await withTransaction(world.store, tx =>
      createPinnedAccount(tx, { ...pinned, name: 'stayer', allowFrom: ['127.0.0.1/32'] }),
    )
    const { raw, key } = await asleep(t, 0, world.port(), { robot: await world.key(stayer) })
    const other = await world.another()
    for (const port of [world.port(), other.proxy[0]?.port ?? 0])
      await unanswered(t, sendCancel({ port: () => port }, key, null, '127.0.0.2'))
    t.equal((await witness.backends('stayer'))[0]?.wait, 'PgSleep')
    await sendCancel(world, key, null)
    t.match(errorOf(await raw.upTo('Z')), { C: '57014' })
  })

  void t.test('are no logins', async t => {
    const before = await metric(world, 'postern_logins_total')
    await unanswered(t, sendCancel(world, { processId: 1, secretKey: Buffer.from('none') }, null))
    t.equal(await metric(world, 'postern_logins_total'), before)
  })
})

void t.test('no more requests are under way to databases than the limit', async t => {
  const server = net.createServer(socket => socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const gate = await makeGate(t, { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port })
  const cancels = makeCancels({ ask: () => Promise.resolve(null) })
  const forget = cancels.remember(
    KEY,
    { host: '127.0.0.1', port: gate.port, sslMode: 'disable', sslRootCert: null },
    anywhere,
  )
  const outcomes = await Promise.all([1, 2, 3].map(() => cancels.forward(KEY, '192.0.2.1')))
  t.same(outcomes.sort(), ['failed', 'failed', 'limited'], 'two wait in vain for the server to close')
  t.equal(await cancels.forward(KEY, '192.0.2.1'), 'failed', 'and are no longer counted')
  forget()
  t.equal(await cancels.forward(KEY, '192.0.2.1'), 'unknown_key')
})

void t.test('nor are more to the other instances', async t => {
  const asked: (() => void)[] = []
  const cancels = makeCancels({ ask: () => new Promise(resolve => asked.push(() => resolve('sent'))) })
  const outcomes = Promise.all([1, 2, 3].map(each => cancels.forward(KEY, `192.0.${each}.1`)))
  await until('two have come through', () => asked.length === 2)
  for (const answer of asked) answer()
  t.same((await outcomes).sort(), ['forwarded', 'forwarded', 'limited'])
})

void t.test(
  'wrong keys of one network are asked about until its budget is spent, and again as it comes back',
  async t => {
    let [asks, now] = [0, 0]
    const cancels = makeCancels({ ask: () => Promise.resolve((asks++, null)) }, () => now)
    for (let each = 0; each < PER_MINUTE; each++) t.equal(await cancels.forward(KEY, `192.0.2.${each}`), 'unknown_key')
    for (const address of ['192.0.2.77', '::ffff:192.0.2.9']) t.equal(await cancels.forward(KEY, address), 'limited')
    t.equal(asks, PER_MINUTE, 'and the store was not asked')
    t.equal(await cancels.forward(KEY, '198.51.100.1'), 'unknown_key', 'others are served')
    now += 60_000 / PER_MINUTE - 1
    t.equal(await cancels.forward(KEY, '192.0.2.1'), 'limited')
    now += 1
    t.equal(await cancels.forward(KEY, '192.0.2.1'), 'unknown_key')
    t.equal(await cancels.forward(KEY, '192.0.2.1'), 'limited')
  },
)

void t.test('right keys spend no budget, whatever became of the request', async t => {
  for (const answer of ['sent', 'failed', 'limited'] as const) {
    const cancels = makeCancels({ ask: () => Promise.resolve(answer) })
    for (let each = 0; each < 3 * PER_MINUTE; each++)
      t.equal(await cancels.forward(KEY, '192.0.2.1'), answer === 'sent' ? 'forwarded' : answer)
  }
})

void t.test('a store that can not be asked is a cancel that failed', async t => {
  const cancels = makeCancels({ ask: () => Promise.reject(new Error('away')) })
  t.equal(await cancels.forward(KEY, '192.0.2.1'), 'failed')
})

void t.test('instances with different secret keys understand each other while the old one is kept', async t => {
  const [old, renewed] = [randomBytes(32), randomBytes(32)]
  const holder = makeCancels({ ask: () => Promise.resolve(null) }, () => 0, [renewed, old])
  const forget = holder.remember(KEY, { host: '127.0.0.1', port: 1, sslMode: 'disable', sslRootCert: null }, anywhere)
  for (const [macKey, outcome] of [
    [old, 'failed'],
    [renewed, 'failed'],
    [randomBytes(32), 'unknown_key'],
  ] as const) {
    const asker = makeCancels({ ask: (mac, address) => holder.cancelHere(mac, address) }, () => 0, [macKey])
    t.equal(await asker.forward(KEY, '192.0.2.1'), outcome, 'nothing listens where its database should be')
  }
  forget()
  t.equal(
    await makeCancels({ ask: (mac, address) => holder.cancelHere(mac, address) }, () => 0, [old]).forward(KEY, '::1'),
    'unknown_key',
  )
})

const REQUESTS = 'postern_cancel_requests_total'
const KEY: CancelKey = { processId: 7, secretKey: Buffer.from('four') }
const PER_MINUTE = 5
const anywhere = () => true

function makeCancels(
  peers: CancelPeers,
  now = () => 0,
  macKeys: readonly [Buffer, ...Buffer[]] = [randomBytes(32)],
): Cancels {
  return new Cancels({ macKeys, peers, timeoutMs: 300, maxInFlight: 2, wrongKeysPerMinute: PER_MINUTE, now })
}

function keyOf(heard: readonly Heard[]): CancelKey {
  const body = heard.find(({ type }) => type === 'K')?.body
  if (!body) throw new Error('no BackendKeyData')
  return { processId: body.readInt32BE(0), secretKey: body.subarray(4) }
}

/** Sends the request on a connection of its own, and waits for the proxy to close it. Answers what came. */
async function sendCancel(
  world: Pick<World, 'port'>,
  key: CancelKey,
  ca: Buffer | null,
  localAddress = '127.0.0.1',
): Promise<Buffer> {
  const client = await RawClient.connect(world.port(), { localAddress })
  if (ca) await client.startTls(ca)
  client.send(encodeCancelRequest(key))
  const answer = await client.rest()
  client.close()
  return answer
}

function errorOf(heard: readonly Heard[]): Record<string, string> {
  const error = heard.find(({ type }) => type === 'E')
  return error ? fieldsOf(error.body) : {}
}

/** Waits for requests that no instance answers, without the time that they are given. */
async function unanswered<T>(t: Test, requests: Promise<T>): Promise<T> {
  const answers = holdTimers(t, ANSWER_MS)
  let isOver = false
  void requests.finally(() => (isOver = true)).catch(() => {})
  await until('they are over', () => {
    answers.goOff()
    return isOver
  })
  return requests
}

/** Hears all that instances say to each other about cancels; one message a line. */
async function eavesdrop(t: Test, world: World): Promise<() => string> {
  const client = new pg.Client(world.storeUrl)
  await client.connect()
  t.teardown(() => client.end())
  let heard = ''
  client.on('notification', ({ payload }) => (heard += `${payload}\n`))
  await client.query('listen postern_cancels')
  return () => heard
}

/** A balancer that sends connections to these ports in turn. */
async function balance(t: Test, ports: readonly number[]): Promise<number> {
  let next = 0
  const server = net.createServer(near => {
    const far = net.connect(ports[next++ % ports.length] ?? 0, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      from.pipe(to).on('error', () => from.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

function metricsOf(instance: Instance): Pick<World, 'metrics'> {
  return { metrics: async () => (await fetch(`${instance.metrics}/metrics`)).text() }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
