// A rolling restart behind a real load balancer that routes by /readyz: no login is lost, and what is open gets its drain.

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { freePort } from '../../src/embedded/free-port.js'
import { drive, until } from '../proxy/observe.js'
import { RawClient } from '../proxy/raw-client.js'
import { testServer } from '../support/postgres.js'
import { missing, start } from '../support/tools.js'
import { setStage, type FaultyInstance, type Member } from './stage.js'

interface Place {
  readonly proxyPort: number
  readonly metricsPort: number
}

// One check that fails takes a server out, one that succeeds takes it back; a login is sent once, to whichever is up.
const CHECK_MS = 100
/** Far longer than haproxy takes to notice. */
const ACCEPT_DELAY_S = 3
const ROUNDS = 1
const PACE_MS = 40
const BEGINNERS = 6

void t.test(
  'a rolling restart behind haproxy loses no login, and open sessions get their drain',
  { skip: missing('haproxy', ['-v']) },
  async t => {
    const stage = await setStage(t, {
      server: await testServer(t),
      env: { POSTERN_DRAIN_ACCEPT_DELAY: `${String(ACCEPT_DELAY_S)}s`, POSTERN_DRAIN_TIMEOUT: '5m' },
    })
    const places: Place[] = []
    for (let nth = 0; nth < 2; nth++) places.push({ proxyPort: await freePort(), metricsPort: await freePort() })
    const serve = ({ proxyPort, metricsPort }: Place) =>
      stage.instance({
        env: {
          POSTERN_LISTENERS: JSON.stringify([{ host: '127.0.0.1', port: proxyPort, tls: 'off' }]),
          POSTERN_METRICS_PORT: String(metricsPort),
        },
      })
    const running: FaultyInstance[] = []
    for (const place of places) running.push(await serve(place))
    const robot = await stage.account(running[0] as FaultyInstance)
    const balancerPort = await freePort()
    const file = join(t.testdir(), 'haproxy.cfg')
    await writeFile(file, haproxyConfig(balancerPort, places))
    const haproxy = start(t, 'haproxy', ['-db', '-f', file], { timeoutMs: 600_000 })
    await until('haproxy listens', () => accepts(balancerPort))

    const clients = [
      again(() => logIn(balancerPort, robot)),
      again(() => logIn(balancerPort, robot)),
      // Many more than a driver manages, so that a moment in which a port refuses is hit.
      ...Array.from({ length: BEGINNERS }, () => again(() => beginLogin(balancerPort, robot))),
    ]
    await Promise.all(clients.map(({ first }) => first))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [nth, place] of places.entries()) {
        const old = running[nth] as FaultyInstance
        const [idle, busy] = [await drive(t, old.uri(robot)), await drive(t, old.uri(robot))]
        await busy.client.query('begin')
        const before = clients.map(({ logins }) => logins.admitted)
        old.process.kill('SIGTERM')
        t.match(await idle.ended, { code: '57P01' }, 'an idle session is ended by the drain')
        t.equal((await busy.client.query('select 1')).rowCount, 1, 'a transaction goes on while it drains')
        await busy.client.query('commit')
        t.match(await busy.ended, { code: '57P01' }, 'and its session ends after it')
        t.equal(await old.process.ended, 0)
        running[nth] = await serve(place)
        // As an orchestrator does it, which knows no more than this.
        await until('it is ready', async () => (await running[nth]?.ready())?.status === 200)
        await Promise.all(
          clients.map(({ logins }, n) => until('logins go on', () => logins.admitted > (before[n] ?? 0))),
        )
      }
    }
    for (const client of clients) {
      await client.stop()
      t.same(client.logins.failures, [], `none of ${String(client.logins.admitted)} logins failed`)
    }
    t.equal(haproxy.child.exitCode, null)
  },
)

function haproxyConfig(port: number, places: readonly Place[]): string {
  const servers = places.map(
    ({ proxyPort, metricsPort }, nth) =>
      `  server postern${String(nth)} 127.0.0.1:${String(proxyPort)} check port ${String(metricsPort)}`,
  )
  return `defaults
  mode tcp
  retries 0
  timeout connect 30s
  timeout client 10m
  timeout server 10m
  timeout check 30s
  default-server inter ${String(CHECK_MS)}ms fall 1 rise 1
listen postgres
  bind 127.0.0.1:${String(port)}
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
${servers.join('\n')}
`
}

/** Does it over and over, until it is stopped, and counts how it ends. */
function again(attempt: () => Promise<void>) {
  const logins = { admitted: 0, failures: [] as string[] }
  let isStopped = false
  let begun: () => void = () => {}
  const first = new Promise<void>(resolve => (begun = resolve))
  const over = (async () => {
    while (!isStopped) {
      try {
        await attempt()
        logins.admitted++
        begun()
      } catch (error) {
        logins.failures.push(String(error))
      }
      // A pace, so that the processes beside it have the machine too.
      await new Promise(resolve => setTimeout(resolve, PACE_MS))
    }
  })()
  return {
    logins,
    first,
    stop: async () => {
      isStopped = true
      await over
    },
  }
}

async function logIn(port: number, { name, token }: Member): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: name, password: token, database: 'shop' })
  client.on('error', () => {})
  await client.connect()
  // A session that is drained right after its login is no failed login.
  await client.query('select 1').catch(() => {})
  // Not waited for: a driver may never hear of the end of a connection that was closed under it.
  void client.end().catch(() => {})
}

/** As far as the first answer of the proxy, which asks for a proof. */
async function beginLogin(port: number, { name }: Member): Promise<void> {
  const client = await RawClient.connect(port)
  try {
    const { type } = await client.startup(name).message()
    if (type !== 'R') throw new Error(`the proxy answered ${type}`)
  } finally {
    client.close()
  }
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
