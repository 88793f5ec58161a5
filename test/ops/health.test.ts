import { connect } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { startHealthServer } from '../../src/ops/health.js'
import type { HealthOptions, HealthServer } from '../../src/ops/health.js'
import { Metrics } from '../../src/ops/metrics.js'

void t.test('serves the metrics', async t => {
  const { get } = await start(t)
  const response = await get('/metrics')
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  t.match(await response.text(), /^postern_logins_in_flight 0$/m)
})

void t.test('says whether the process is live', async t => {
  let live = true
  const { get } = await start(t, { isLive: () => live })
  t.equal((await get('/livez')).status, 200)
  live = false
  const response = await get('/livez')
  t.equal(response.status, 503)
  t.same(await response.json(), { live: false })
})

void t.test('says whether the instance is ready, and why not', async t => {
  let reasons: string[] = []
  const details = { list: { seq: 7, push: 'up' } }
  const { get } = await start(t, { isReady: () => ({ ready: reasons.length === 0, reasons, details }) })
  t.same(await (await get('/readyz')).json(), { ready: true, reasons: [], list: { seq: 7, push: 'up' } })
  reasons = ['the revocation list is 250 s old', 'draining']
  const response = await get('/readyz?verbose')
  t.equal(response.status, 503)
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.same(await response.json(), { ready: false, reasons, ...details })
})

void t.test('answers HEAD without a body, other methods with 405, other paths with 404', async t => {
  const { get } = await start(t)
  const head = await get('/livez', 'HEAD')
  t.equal(head.status, 200)
  t.equal(await head.text(), '')
  const post = await get('/metrics', 'POST')
  t.equal(post.status, 405)
  t.equal(post.headers.get('allow'), 'GET, HEAD')
  t.equal((await get('/metric')).status, 404)
})

void t.test('tells nothing of an error inside', async t => {
  const metrics = { contentType: 'text/plain', render: () => Promise.reject(new Error('hunter2')) }
  const { get } = await start(t, { metrics, isReady: () => fail() })
  for (const path of ['/metrics', '/readyz']) {
    const response = await get(path)
    t.equal(response.status, 500)
    t.same(await response.json(), { error: 'internal error' })
  }
})

void t.test('rejects when the port is taken', async t => {
  const { server } = await start(t)
  await t.rejects(startHealthServer(options({ port: server.port })), { code: 'EADDRINUSE' })
})

void t.test('closes at once, though a client holds a connection open', async t => {
  const { server } = await start(t)
  const idle = connect({ host: '127.0.0.1', port: server.port })
  await new Promise(resolve => idle.once('connect', resolve))
  idle.write('GET /livez HTTP/1.1\r\n')
  const ended = new Promise(resolve => idle.once('close', resolve))
  idle.on('error', () => {})
  await server.close()
  await ended
})

async function start(t: Test, changes: Partial<HealthOptions> = {}): Promise<Started> {
  const server = await startHealthServer(options(changes))
  t.teardown(() => server.close())
  const get = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(server.port)}${path}`, { method })
  return { server, get }
}

function options(changes: Partial<HealthOptions>): HealthOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    metrics: new Metrics({ processMetrics: false }),
    isReady: () => ({ ready: true, reasons: [] }),
    isLive: () => true,
    ...changes,
  }
}

interface Started {
  server: HealthServer
  get: (path: string, method?: string) => Promise<Response>
}

function fail(): never {
  throw new Error('hunter2')
}
