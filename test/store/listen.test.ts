import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { ChangeListener, type ListenOptions } from '../../src/store/listen.js'
import type { StoreError } from '../../src/store/store-error.js'
import { testServer } from '../support/postgres.js'
import { samplePerson, sampleStoreWithUrl } from './sample.js'

interface Test {
  teardown(handler: () => Promise<void>): void
}

const server = await testServer(t)
const QUICK: ListenOptions = { heartbeatMs: 50, minBackoffMs: 10, maxBackoffMs: 20 }

/** Listens until the test ends; `next()` resolves with the next hint that nobody waited for yet. */
function hints(t: Test, url: string, options: ListenOptions): { next: () => Promise<void>; errors: StoreError[] } {
  let unread = 0
  let wake: (() => void) | undefined
  const errors: StoreError[] = []
  const onHint = (): void => {
    unread++
    wake?.()
  }
  const listener = new ChangeListener(url, { ...options, onError: error => errors.push(error) }).listen(onHint)
  t.teardown(() => listener.close())
  const next = async (): Promise<void> => {
    while (unread === 0) await new Promise<void>(resolve => (wake = resolve))
    unread--
  }
  return { next, errors }
}

void t.test('gives a hint when connected, and one for each commit that changes something', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const { next, errors } = hints(t, url, {})
  await next()
  await samplePerson(store)
  await next()
  t.same(errors, [])
})

void t.test('survives that its connection is terminated: connects again, hints, and hears the next change', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const { next, errors } = hints(t, url, QUICK)
  await next()
  const [ended] = await store.run<{ count: number }>(
    'terminate the listener',
    `select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and (query like 'listen %' or query like '%pg_listening_channels%')`,
  )
  t.equal(ended?.count, 1)
  await next()
  t.match(errors, [{ code: 'unavailable', sqlstate: '57P01' }])
  await samplePerson(store)
  await next()
})

void t.test('notices a connection that is there but dead, and gets itself another', async t => {
  const { url } = await sampleStoreWithUrl(t, server)
  const wire = await freezableWire(t)
  const through = new URL(url)
  through.port = String(wire.port)
  const { next, errors } = hints(t, through.href, { ...QUICK, answerTimeoutMs: 500 })
  await next()
  wire.freeze()
  await next()
  t.ok(wire.connections() > 1)
  t.match(errors[0], { code: 'timeout' })
})

void t.test('backs off while the server is away, and tells why', async t => {
  const { url } = await sampleStoreWithUrl(t, server)
  const away = new URL(url)
  away.port = String(await closedPort())
  const errors: StoreError[] = []
  // While it backs off, nothing of the listener keeps the process alive.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  await new Promise<void>(resolve => {
    const onError = (error: StoreError): void => {
      if (errors.push(error) === 3) resolve()
    }
    const listener = new ChangeListener(away.href, { ...QUICK, onError }).listen(() => t.fail('no hint'))
    t.teardown(() => listener.close())
  })
  t.match(errors, [{ sqlstate: 'ECONNREFUSED' }, { sqlstate: 'ECONNREFUSED' }, { sqlstate: 'ECONNREFUSED' }])
})

void t.test('close ends a listener that is connected, and one that can not connect', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  let hint: (() => void) | undefined
  const first = new Promise<void>(resolve => (hint = resolve))
  const listener = new ChangeListener(url).listen(() => hint?.())
  await first
  await listener.close()
  hint = () => t.fail('a hint after close')
  await samplePerson(store)

  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const stuck = new ChangeListener(`postgres://u:p@127.0.0.1:${port}/d`).listen(() => t.fail('no hint'))
  const [socket] = (await once(silent, 'connection')) as [Socket]
  socket.resume()
  await Promise.all([stuck.close(), once(socket, 'close')])
})

/** A way to the server whose present connections can be made deaf and dumb, without closing them. */
async function freezableWire(t: Test): Promise<{ port: number; freeze(): void; connections(): number }> {
  const pairs: [Socket, Socket][] = []
  const wire = createServer(client => {
    const upstream = connect(server.port, server.host)
    pairs.push([client, upstream])
    client.pipe(upstream).on('error', () => client.destroy())
    upstream.pipe(client).on('error', () => upstream.destroy())
  }).listen(0, '127.0.0.1')
  await once(wire, 'listening')
  t.teardown(async () => {
    for (const socket of pairs.flat()) socket.destroy()
    wire.close()
    await once(wire, 'close')
  })
  const freeze = (): void => {
    for (const [client, upstream] of pairs) {
      client.unpipe(upstream)
      upstream.unpipe(client)
    }
  }
  return { port: (wire.address() as AddressInfo).port, freeze, connections: () => pairs.length }
}

async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
