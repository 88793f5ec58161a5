import t, { type Test } from 'tap'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { postern } from './support/postern.js'

interface Ready {
  ready: boolean
  proxy: { host: string; port: number }
  api: string
  metrics: string
  ca: string
  admin: { email: string; password: string; token: string }
  examples: { account: string; role: string; database: string; token: string; uri: string }[]
}

const PORTS = ['--port', '0', '--api-port', '0', '--metrics-port', '0']

async function dataDir(t: Test, mode = 0o711): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-up-'))
  await chmod(dir, mode)
  const data = join(dir, 'data')
  t.teardown(async () => {
    // Where root's server can not reach the folder, its data lies elsewhere.
    const elsewhere = await readFile(join(data, 'postgres/cluster-location'), 'utf8').catch(() => null)
    for (const each of [dir, elsewhere && dirname(elsewhere.trim())]) {
      if (each) await rm(each, { recursive: true, force: true })
    }
  })
  return data
}

function up(t: Test, data: string) {
  const running = postern(t, ['up', '--json', '--data', data, ...PORTS])
  return { ...running, ready: running.line(/^\{"ready"/).then(line => JSON.parse(line) as Ready) }
}

async function query(ready: Ready, example: Ready['examples'][number], sql: string): Promise<unknown[]> {
  const { account, token, database } = example
  const ssl = { ca: await readFile(ready.ca, 'utf8') }
  const client = new pg.Client({ ...ready.proxy, user: account, password: token, database, ssl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

void t.test('one command makes everything, a second one finds it again', async t => {
  const data = await dataDir(t)
  const first = up(t, data)
  const ready = await first.ready

  await t.test('the printed tokens work over TLS, each as its role', async t => {
    const [reader, writer] = ready.examples
    if (!reader || !writer) throw new Error('no examples')
    t.same([reader.role, writer.role], ['reader', 'writer'])
    t.same(await query(ready, reader, 'select count(*)::int as orders from orders'), [{ orders: 50 }])
    await t.rejects(query(ready, reader, 'delete from orders'), { code: '42501' })
    t.same(await query(ready, writer, "insert into customers (name, city) values ('Tony', 'Oxford')"), [])
    t.equal(new URL(reader.uri).searchParams.get('sslrootcert'), ready.ca)
  })

  await t.test('API, metrics and readiness answer', async t => {
    const authorization = `Key ${ready.admin.token}`
    const me = await fetch(`${ready.api}/v1/me`, { headers: { authorization } })
    t.match(await me.json(), { account: { name: ready.admin.email, org_role: 'admin' } })
    const login = await fetch(`${ready.api}/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: ready.admin.email, password: ready.admin.password }),
    })
    t.equal(login.status, 200, 'the password signs the admin in')
    t.equal((await fetch(`${ready.metrics}/readyz`)).status, 200)
    t.match(await (await fetch(`${ready.metrics}/metrics`)).text(), 'postern_sessions_opened_total 3')
  })

  await t.test('what it remembers is for its owner only, and the log has no secret', async t => {
    for (const file of ['quickstart.json', 'secret.key', 'postern.log']) {
      t.equal((await stat(join(data, file))).mode & 0o777, 0o600, file)
    }
    const log = await readFile(join(data, 'postern.log'), 'utf8')
    t.match(log, 'session opened')
    for (const secret of [...ready.examples.map(({ token }) => token), ready.admin.token, ready.admin.password]) {
      t.notMatch(log, secret)
    }
  })

  const [example] = ready.examples
  const keyId = example?.token.slice(5, 17)
  await t.test('a key that was revoked is replaced at the next start, the other one is kept', async t => {
    const authorization = `Key ${ready.admin.token}`
    const answer = await fetch(`${ready.api}/v1/keys/${keyId}/revoke`, { method: 'POST', headers: { authorization } })
    t.ok(answer.ok)
    const serverPid = Number((await readFile(join(data, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0])
    first.kill('SIGINT')
    t.equal(await first.ended, 0, 'Ctrl-C is a clean end')
    t.ok(serverPid > 0)
    t.notOk(isAlive(serverPid), 'no server is left behind')

    const second = up(t, data)
    const again = await second.ready
    t.not(again.examples[0]?.token, example?.token)
    t.equal(again.examples[1]?.token, ready.examples[1]?.token)
    t.same(again.admin, ready.admin)
    const [reader] = again.examples
    if (!reader) throw new Error('no examples')
    t.same(
      await query(again, reader, 'select count(*)::int as n from customers'),
      [{ n: 6 }],
      'the data is still there',
    )
    second.kill('SIGTERM')
    t.equal(await second.ended, 0)
  })
})

void t.test('below a home that others can not enter, Ctrl-C while it starts leaves nothing behind', async t => {
  const data = await dataDir(t, 0o700)
  const running = postern(t, ['up', '--data', data, ...PORTS])
  await running.line(/preparing the store/)
  running.kill('SIGINT')
  t.equal(await running.ended, 0)
  t.notMatch(running.stdout(), 'Postern is ready')
  const again = up(t, data)
  t.ok((await again.ready).ready, 'and the next start works')
  again.kill('SIGINT')
  await again.ended
})

void t.test('a busy port is named, with the option that changes it', async t => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as net.AddressInfo
  for (const [flag, what] of [
    ['--port', 'the proxy'],
    ['--api-port', 'the API'],
    ['--metrics-port', 'metrics'],
  ] as const) {
    const args = PORTS.map((arg, index) => (PORTS[index - 1] === flag ? String(port) : arg))
    const running = postern(t, ['up', '--data', await dataDir(t), ...args])
    t.equal(await running.ended, 1)
    t.match(running.stderr(), `port ${port}, wanted for ${what}, is in use`)
    t.match(running.stderr(), `npm start -- ${flag}`)
  }
})

void t.test(
  'a login of the sample database cannot enter the store, although it has a password that its user knows',
  async t => {
    const running = up(t, await dataDir(t))
    const ready = await running.ready
    const writer = ready.examples.find(({ role }) => role === 'writer')
    if (!writer) throw new Error('no writer')
    const [server] = (await query(ready, writer, 'select current_user as who, inet_server_port() as port')) as [
      { who: string; port: number },
    ]
    await query(ready, writer, "alter role current_user password 'owned'")
    const direct = (database: string) =>
      new pg.Client({ host: '127.0.0.1', port: server.port, user: server.who, password: 'owned', database })
    const demo = direct('demo')
    await demo.connect()
    await demo.end()
    await t.rejects(direct('postern_store').connect(), { code: '42501' })
    running.kill('SIGTERM')
    t.equal(await running.ended, 0)
  },
)
