import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { ChangeListener, type ListenOptions } from '../../src/store/listen.js'
import type { Store } from '../../src/store/pool.js'
import type { StoreError } from '../../src/store/store-error.js'
import { until } from '../proxy/observe.js'
import { faultyWire } from '../support/faulty-wire.js'
import { testServer } from '../support/postgres.js'
import { samplePerson, sampleStore, sampleStoreWithUrl } from './sample.js'

interface Test {
  teardown(handler: () => Promise<void>): void
}

const server = await testServer(t)
const QUICK: ListenOptions = { heartbeatMs: 50, minBackoffMs: 10, maxBackoffMs: 20 }

interface Hints {
  readonly listener: ChangeListener
  /** Resolves with the next hint that nobody waited for yet. */
  readonly next: () => Promise<void>
  readonly unread: () => number
  readonly errors: StoreError[]
}

/** Listens until the test ends. */
function hints(t: Test, { store, url }: { store: Store; url: string }, options: ListenOptions): Hints {
  let unread = 0
  let wake: (() => void) | undefined
  const errors: StoreError[] = []
  const onHint = (): void => {
    unread++
    wake?.()
  }
  const listener = new ChangeListener(url, store, { ...options, onError: error => errors.push(error) })
  const listening = listener.listen(onHint)
  t.teardown(() => listening.close())
  const next = async (): Promise<void> => {
    while (unread === 0) await new Promise<void>(resolve => (wake = resolve))
    unread--
  }
  return { listener, next, unread: () => unread, errors }
}

void t.test('gives a hint when connected, and one for each commit that changes something', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const { next, errors } = hints(t, { store, url }, {})
  await next()
  await samplePerson(store)
  await next()
  t.same(errors, [])
})

void t.test('survives that its connection is terminated: connects again, hints, and hears the next change', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const { next, errors } = hints(t, { store, url }, QUICK)
  await next()
  const [ended] = await store.run<{ count: number }>(
    'terminate the listener',
    `select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and query like 'listen %'`,
  )
  t.equal(ended?.count, 1)
  await next()
  t.match(errors, [{ code: 'unavailable', sqlstate: '57P01' }])
  await samplePerson(store)
  await next()
})

void t.test('notices a connection that is there but dead, and gets itself another', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const wire = await faultyWire(t, server)
  const through = new URL(url)
  through.port = String(wire.port)
  const { listener, next, errors } = hints(t, { store, url: through.href }, { ...QUICK, answerTimeoutMs: 500 })
  await next()
  await until('a heartbeat is heard', () => listener.isUp)
  wire.set('drop')
  await until('it connects again', () => wire.made > 1)
  t.notOk(listener.isUp)
  t.match(errors[0], { code: 'timeout', message: /a heartbeat was not heard/ })
  wire.set('pass')
  await next()
  await until('a heartbeat is heard', () => listener.isUp)
  await samplePerson(store)
  await next()
})

void t.test('notices a server that answers and is not where changes are written', async t => {
  const { url } = await sampleStoreWithUrl(t, server)
  const elsewhere = await sampleStore(t, server)
  const { listener, next, errors } = hints(t, { store: elsewhere, url }, { ...QUICK, answerTimeoutMs: 1000 })
  await next()
  await next()
  t.match(errors[0], { code: 'timeout', message: /a heartbeat was not heard/ })
  t.notOk(listener.isUp)
  t.equal(listener.heardAgeMs(), Infinity)
})

void t.test('a heartbeat that can not be sent is as good as none', async t => {
  const { url } = await sampleStoreWithUrl(t, server)
  const broken = { run: () => Promise.reject(new Error('away')) }
  const errors: StoreError[] = []
  const listener = new ChangeListener(url, broken, { ...QUICK, onError: error => errors.push(error) })
  const listening = listener.listen(() => {})
  t.teardown(() => listening.close())
  await until('it tried twice', () => errors.length > 1)
  t.notOk(listener.isUp)
})

void t.test('heartbeats are no hints, nor are those of others', async t => {
  const sample = await sampleStoreWithUrl(t, server)
  const all = [hints(t, sample, QUICK), hints(t, sample, QUICK)]
  for (const { next } of all) await next()
  await sample.store.run('listen to the heartbeats', "select pg_notify('postern_changes', 'beat of somebody else')")
  for (let beats = 0; beats < 3; beats++) {
    for (const { listener } of all) {
      const since = performance.now()
      await until('the next heartbeat is heard', () => listener.heardAgeMs() < performance.now() - since)
    }
  }
  t.same(
    all.map(({ unread }) => unread()),
    [0, 0],
  )
  t.same(
    all.flatMap(({ errors }) => errors),
    [],
  )
})

void t.test('backs off while the server is away, and tells why', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
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
    const listener = new ChangeListener(away.href, store, { ...QUICK, onError }).listen(() => t.fail('no hint'))
    t.teardown(() => listener.close())
  })
  t.match(errors, [{ sqlstate: 'ECONNREFUSED' }, { sqlstate: 'ECONNREFUSED' }, { sqlstate: 'ECONNREFUSED' }])
})

void t.test('close ends a listener that is connected, and one that can not connect', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  let hint: (() => void) | undefined
  const first = new Promise<void>(resolve => (hint = resolve))
  const listener = new ChangeListener(url, store).listen(() => hint?.())
  await first
  await listener.close()
  hint = () => t.fail('a hint after close')
  await samplePerson(store)

  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const stuck = new ChangeListener(`postgres://u:p@127.0.0.1:${port}/d`, store).listen(() => t.fail('no hint'))
  const [socket] = (await once(silent, 'connection')) as [Socket]
  socket.resume()
  await Promise.all([stuck.close(), once(socket, 'close')])
})

async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
