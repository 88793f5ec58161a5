// When /readyz returns 200, everything listens and works; when it does not, it says why, and so does the log.

import t, { type Test } from 'tap'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import { freePort } from '../src/embedded/free-port.js'
import { migrate } from '../src/store/migrate.js'
import { until } from './proxy/observe.js'
import { watchSecret } from './support/leak-watch.js'
import { postern, type Running } from './support/postern.js'
import { testServer } from './support/postgres.js'
import { setStage } from './faults/stage.js'

const server = await testServer(t)

interface Answer {
  readonly status: number
  readonly reasons: readonly string[]
}

/** What /readyz returns; null while the port does not accept. */
async function readyz(metricsPort: number): Promise<Answer | null> {
  const response = await fetch(`http://127.0.0.1:${String(metricsPort)}/readyz`).catch(() => null)
  if (!response) return null
  const { reasons } = (await response.json()) as { reasons: string[] }
  return { status: response.status, reasons }
}

interface Served {
  readonly running: Running
  readonly metricsPort: number
  readonly apiPort: number
  readonly proxyPorts: readonly number[]
}

/** Starts `postern serve` with two listeners on ports that are known before it listens. */
async function serve(t: Test, env: Record<string, string>, only?: 'proxy' | 'api'): Promise<Served> {
  const [metricsPort, apiPort, one, other] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const proxyPorts = [one, other]
  const listeners = proxyPorts.map(port => ({ host: '127.0.0.1', port, tls: 'off' }))
  const running = postern(t, ['serve', ...(only ? ['--only', only] : [])], {
    POSTERN_SECRET_KEY: newKey(),
    POSTERN_LISTENERS: JSON.stringify(listeners),
    POSTERN_API_PORT: String(apiPort),
    POSTERN_METRICS_PORT: String(metricsPort),
    ...env,
  })
  return { running, metricsPort, apiPort, proxyPorts }
}

function newKey(): string {
  const key = randomBytes(32).toString('base64')
  watchSecret(key)
  return key
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const logsReady = ({ running }: Served) => running.stdout().includes('"msg":"ready"')

void t.test('readyz is 200 only when every listener and the API accept, and "ready" is logged then', async t => {
  const storeUrl = await server.freshDatabase()
  await migrate(storeUrl)
  for (const only of [undefined, 'proxy', 'api'] as const) {
    const served = await serve(t, { POSTERN_STORE_URL: storeUrl }, only)
    const { metricsPort, apiPort, proxyPorts, running } = served
    const ports = [...(only === 'api' ? [] : proxyPorts), ...(only === 'proxy' ? [] : [apiPort])]
    const seen = new Set<string>()
    for (;;) {
      const answer = await readyz(metricsPort)
      for (const reason of answer?.reasons ?? []) seen.add(reason)
      if (answer?.status !== 200) continue
      t.same(
        await Promise.all(ports.map(accepts)),
        ports.map(() => true),
        `${only ?? 'both'}: all accept`,
      )
      break
    }
    t.match(JSON.parse(await running.line(/"msg":"ready"/)), {
      level: 'info',
      metrics: `http://127.0.0.1:${metricsPort}`,
    })
    const named = [...seen].filter(reason => reason.startsWith('starting: '))
    t.ok(named.length > 0, `readyz was answered before, with reasons: ${[...seen].join(', ')}`)
    for (const port of only === 'api' ? proxyPorts : only === 'proxy' ? [apiPort] : []) {
      t.notOk(
        named.some(reason => reason.includes(`:${String(port)} `)),
        'what does not run here is not waited for',
      )
    }
    running.kill('SIGTERM')
    t.equal(await running.ended, 0)
  }
})

void t.test(
  'a store that is not migrated: not ready, said at error level, and it recovers when migrate ran',
  async t => {
    const storeUrl = await server.freshDatabase()
    const served = await serve(t, { POSTERN_STORE_URL: storeUrl })
    const { running, metricsPort, apiPort } = served
    const line = await running.line(/the store is not migrated: run postern migrate/)
    t.match(JSON.parse(line), { level: 'error' })
    await running.line(/"msg":"not ready"/)
    t.match(await readyz(metricsPort), { status: 503, reasons: /the store is not migrated: run postern migrate/ })
    const ask = async () => {
      const token = `pstn_${'0'.repeat(62)}`
      return fetch(`http://127.0.0.1:${String(apiPort)}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    }
    const login = async () =>
      fetch(`http://127.0.0.1:${String(apiPort)}/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery staple' }),
      })
    const refused = await login()
    t.equal(refused.status, 503)
    t.match(await refused.json(), { code: 'store_not_migrated', hint: /postern migrate/ })
    t.notOk(logsReady(served))
    await migrate(storeUrl)
    await running.line(/"msg":"ready"/)
    t.equal((await readyz(metricsPort))?.status, 200)
    t.equal((await login()).status, 401)
    t.equal((await ask()).status, 401)
  },
)

void t.test(
  'a wrong password of the store: the log names it without the password, and "ready" is not logged',
  async t => {
    const storeUrl = await server.freshDatabase()
    await migrate(storeUrl)
    const wrong = new URL(storeUrl)
    wrong.password = 'hunter2-is-wrong'
    watchSecret('hunter2-is-wrong')
    const served = await serve(t, { POSTERN_STORE_URL: wrong.href })
    const { running, metricsPort } = served
    const reason = /the store refused the login: check user and password of store.url \(28P01\)/
    t.match(JSON.parse(await running.line(reason)), { level: 'error', store: { user: wrong.username } })
    await running.line(/"msg":"not ready"/)
    t.match(await readyz(metricsPort), { status: 503, reasons: ['the revocation list has not been loaded', reason] })
    t.notOk(logsReady(served))
    t.notMatch(running.stdout() + running.stderr(), 'hunter2')
  },
)

void t.test('a secret_key that opens nothing: not ready, and a client is told what to look at', async t => {
  const stage = await setStage(t, { server })
  const right = await stage.instance()
  const robot = await stage.account(right)
  const wrongKey = newKey()
  const env = { POSTERN_STORE_URL: stage.storeUrl, POSTERN_SECRET_KEY: wrongKey }
  const served = await serve(t, env)
  const { running, metricsPort, proxyPorts } = served
  const reason = /the stored secrets cannot be opened with secret_key or retired_secret_keys/
  t.match(JSON.parse(await running.line(reason)), { level: 'error' })
  await running.line(/"msg":"not ready"/)
  t.match(await readyz(metricsPort), { status: 503, reasons: [reason] })
  t.notOk(logsReady(served))
  const logIn = (port = 0) =>
    new pg.Client({ host: '127.0.0.1', port, user: robot.name, password: robot.token, database: 'shop' }).connect()
  await t.rejects(logIn(proxyPorts[0]), { code: '57P03', hint: /check secret_key and retired_secret_keys/ })
  t.notMatch(running.stdout() + running.stderr(), wrongKey)
})

void t.test('a new secret_key beside the retired one that sealed everything is ready', async t => {
  const oldKey = newKey()
  const stage = await setStage(t, { server, env: { POSTERN_SECRET_KEY: oldKey } })
  await stage.instance()
  const served = await serve(t, {
    POSTERN_STORE_URL: stage.storeUrl,
    POSTERN_SECRET_KEY: newKey(),
    POSTERN_RETIRED_SECRET_KEYS: JSON.stringify([oldKey]),
  })
  await served.running.line(/"msg":"ready"/)
  t.equal((await readyz(served.metricsPort))?.status, 200)
})

void t.test('a drain turns readyz to 503 while the ports still accept', async t => {
  const storeUrl = await server.freshDatabase()
  await migrate(storeUrl)
  const { running, metricsPort, proxyPorts } = await serve(t, {
    POSTERN_STORE_URL: storeUrl,
    POSTERN_DRAIN_ACCEPT_DELAY: '10m',
  })
  await running.line(/"msg":"ready"/)
  running.kill('SIGTERM')
  await until('it drains', async () => (await readyz(metricsPort))?.status === 503)
  t.same(await readyz(metricsPort), { status: 503, reasons: ['draining'] })
  t.same(await Promise.all(proxyPorts.map(accepts)), [true, true])
  running.kill('SIGTERM')
  t.equal(await running.ended, 0)
})
