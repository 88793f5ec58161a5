// A client that has said its last and waits, for longer than it may.

import { once } from 'node:events'
import net from 'node:net'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { Relay } from '../../src/proxy/relay.js'
import { Leg } from '../../src/upstream/leg.js'
import { query } from '../../src/wire/frontend.js'
import { readyForQuery } from '../../src/wire/backend.js'

const HALF_OPEN_MS = 30_000

for (const [what, answer, cancels] of [
  ['a query that still runs is cancelled', null, 1],
  ['nothing is cancelled when nothing runs', readyForQuery('I'), 0],
] as const) {
  void t.test(`when the time of a half-closed connection is over, ${what}`, async t => {
    const [client, proxySide] = await connection(t)
    const [server, leg] = await legAndServer(t)
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    let cancelled = 0
    const relay = new Relay({
      client: proxySide,
      clientEarly: Buffer.alloc(0),
      leg,
      upstreamEarly: Buffer.alloc(0),
      traffic: { toUpstream: { add: () => {} }, toClient: { add: () => {} } },
      cancel: async () => void cancelled++,
      upstreamLost: () => Buffer.alloc(0),
    })
    const over = relay.run()
    server.resume()
    client.write(query('select pg_sleep(3600)'))
    if (answer) {
      await once(server, 'data')
      server.write(answer)
      await once(client, 'data')
    }
    client.end()
    await once(server, 'end')
    mock.timers.tick(HALF_OPEN_MS - 1)
    t.equal(cancelled, 0, 'not before')
    mock.timers.tick(1)
    t.equal(cancelled, cancels)
    t.equal((await over).how, 'client_lost')
  })
}

/** A client's end and the proxy's end of a connection. */
async function connection(t: Test): Promise<[far: net.Socket, near: net.Socket]> {
  const listener = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  t.teardown(() => listener.close())
  await once(listener, 'listening')
  const far = net.connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen: true })
  const [near] = (await once(listener, 'connection')) as [net.Socket]
  for (const socket of [far, near]) socket.on('error', () => {})
  t.teardown(() => far.destroy())
  return [far, near]
}

/** A database's end of a connection, and the leg that leads there. */
async function legAndServer(t: Test): Promise<[server: net.Socket, leg: Leg]> {
  const listener = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  t.teardown(() => listener.close())
  await once(listener, 'listening')
  const leg = new Leg({ port: portOf(listener), host: '127.0.0.1' })
  const [server] = (await once(listener, 'connection')) as [net.Socket]
  server.on('error', () => {})
  await leg.connected()
  t.teardown(() => server.destroy())
  return [server, leg]
}

function portOf(listener: net.Server): number {
  return (listener.address() as net.AddressInfo).port
}
