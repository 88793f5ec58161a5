import { readFileSync } from 'node:fs'
import net from 'node:net'
import t, { type Test } from 'tap'
import { Cancels } from '../../src/proxy/cancel.js'
import { encodeCancelRequest, type CancelKey } from '../../src/wire/startup.js'
import { makeGate } from '../support/gate.js'
import { holdTimers } from '../support/held-timers.js'
import { makeWorld, type World } from '../support/world.js'
import { makeWitness, metric, until } from './observe.js'
import { fieldsOf, RawClient, type Heard } from './raw-client.js'

/** How long who was told all that there is to tell has to close. */
const GOODBYE_MS = 2_000

void t.test('cancel requests', async t => {
  const world = await makeWorld(t)
  const witness = await makeWitness(t, world)
  const ca = readFileSync(world.ca)

  const asleep = async (t: Test, minor = 0) => {
    const robot = await world.account()
    const raw = await RawClient.connect(world.port())
    t.teardown(() => raw.close())
    const key = keyOf(await raw.logIn(robot, { minor }))
    raw.query('select pg_sleep(60)')
    await until('it sleeps', async () => (await witness.backends(robot.name))[0]?.wait === 'PgSleep')
    return { robot, raw, key }
  }
  const outcomes = (outcome: string) => metric(world, 'postern_cancel_requests_total', { outcome })

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
    for (const each of wrong) t.same(await sendCancel(world, each, null), Buffer.alloc(0), 'and are told nothing')
    t.equal(await outcomes('unknown_key'), before + 3)
    t.equal((await witness.backends(robot.name))[0]?.wait, 'PgSleep')
  })

  void t.test('know no key of a session that is over', async t => {
    const { robot, raw, key } = await asleep(t)
    raw.reset()
    await until('it is over', () => world.log.some(({ msg, key }) => msg === 'session closed' && key === robot.keyId))
    const before = await outcomes('unknown_key')
    await sendCancel(world, key, null)
    t.equal(await outcomes('unknown_key'), before + 1)
  })

  void t.test('are closed by the proxy, whether or not the requester closes', async t => {
    const goodbyes = holdTimers(t, GOODBYE_MS)
    const client = await RawClient.connect(world.port())
    client.send(encodeCancelRequest({ processId: 1, secretKey: Buffer.from('none') }))
    t.same(await client.rest(), Buffer.alloc(0))
    // The requester would keep its side open for as long as it likes, but what it sends is answered with a reset.
    goodbyes.goOff()
    await until('the proxy holds nothing of it', () => client.send(Buffer.of(0)).socket.destroyed)
  })

  void t.test('are no logins', async t => {
    const before = await metric(world, 'postern_logins_total')
    await sendCancel(world, { processId: 1, secretKey: Buffer.from('none') }, null)
    t.equal(await metric(world, 'postern_logins_total'), before)
  })
})

void t.test('no more requests are under way to databases than the limit', async t => {
  const server = net.createServer(socket => socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const gate = await makeGate(t, { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port })
  const cancels = new Cancels({ timeoutMs: 300, maxInFlight: 2 })
  const key = { processId: 7, secretKey: Buffer.from('four') }
  const forget = cancels.remember(key, { host: '127.0.0.1', port: gate.port, sslMode: 'disable', sslRootCert: null })
  const outcomes = await Promise.all([1, 2, 3].map(() => cancels.forward(key)))
  t.same(outcomes.sort(), ['failed', 'failed', 'limited'], 'two wait in vain for the server to close')
  t.equal(await cancels.forward(key), 'failed', 'and are no longer counted')
  forget()
  t.equal(await cancels.forward(key), 'unknown_key')
})

function keyOf(heard: readonly Heard[]): CancelKey {
  const body = heard.find(({ type }) => type === 'K')?.body
  if (!body) throw new Error('no BackendKeyData')
  return { processId: body.readInt32BE(0), secretKey: body.subarray(4) }
}

/** Sends the request on a connection of its own, and waits for the proxy to close it. Answers what came. */
async function sendCancel(world: World, key: CancelKey, ca: Buffer | null): Promise<Buffer> {
  const client = await RawClient.connect(world.port())
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
