import t from 'tap'
import { randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import pg from 'pg'
import { ensureCertificates } from '../src/embedded/certificates.js'
import { DAY_MS, makeCertificates } from '../src/embedded/make-certificates.js'
import { migrate } from '../src/store/migrate.js'
import { until } from './proxy/observe.js'
import { watchSecret } from './support/leak-watch.js'
import { postern } from './support/postern.js'
import { testServer } from './support/postgres.js'

const dir = await mkdtemp(join(tmpdir(), 'postern-serve-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))
const server = await testServer(t)
const { certFile, keyFile } = await ensureCertificates(dir)

async function configFor(storeUrl: string, { cert, key } = { cert: certFile, key: keyFile }): Promise<string> {
  const file = join(dir, `${randomBytes(4).toString('hex')}.yaml`)
  await writeFile(
    file,
    `store: { url: '${storeUrl}', statement_timeout: 1s }
secret_key: ${randomBytes(32).toString('base64')}
listeners: [{ host: 127.0.0.1, port: 0, certificate_file: ${cert}, private_key_file: ${key} }]
revocation: { refresh: 1s }
api: { port: 0 }
metrics: { port: 0 }
`,
  )
  return file
}

interface ReadyLine {
  proxy: { host: string; port: number }[]
  api: string | null
  metrics: string
}

const readyLine = (line: string) => JSON.parse(line) as ReadyLine

void t.test('serve tells all mistakes of the settings at once, without their secrets, and exits 1', async t => {
  const file = join(dir, 'bad.yaml')
  await writeFile(file, 'store: { url: mysql://u:hunter2@h/db }\nrevocation: { max_age: 1h, refrsh: 3 }\n')
  const running = postern(t, ['serve', '--config', file])
  t.equal(await running.ended, 1)
  for (const setting of ['store.url', 'secret_key', 'revocation.max_age', 'revocation.refrsh']) {
    t.match(running.stderr(), setting)
  }
  t.match(running.stderr(), 'did you mean')
  t.notMatch(running.stderr(), 'hunter2')
})

void t.test('migrate, then serve; SIGTERM drains and exits 0', async t => {
  const config = await configFor(await server.freshDatabase())
  const migrated = postern(t, ['migrate', '--config', config])
  t.equal(await migrated.ended, 0)
  t.match(migrated.stderr(), 'Ran 0001')

  const running = postern(t, ['serve', '--config', config])
  const ready = readyLine(await running.line(/"msg":"ready"/))
  t.equal((await fetch(`${ready.metrics}/readyz`)).status, 200)
  t.equal((await fetch(`${ready.api}/openapi.json`)).status, 200)
  running.kill('SIGTERM')
  t.equal(await running.ended, 0)
  t.match(running.stdout(), '"msg":"stopped"')
})

void t.test('migrate --admin makes the first admin of a new store, and a key for whoever lost theirs', async t => {
  const storeUrl = await server.freshDatabase()
  const config = await configFor(storeUrl)
  const [first, second] = [0, 1].map(() => postern(t, ['migrate', '--config', config, '--admin', 'ada@example.com']))
  t.same([await first?.ended, await second?.ended], [0, 0], 'also when two run at once')
  const ready = readyLine(await postern(t, ['serve', '--config', config, '--only', 'api']).line(/"msg":"ready"/))
  for (const running of [first, second]) {
    const token = running?.stdout().trim() ?? ''
    watchSecret(token)
    t.match(token, /^pstn_\w+$/)
    t.notMatch(running?.stderr(), token)
    const me = await fetch(`${ready.api}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    t.match(await me.json(), { account: { name: 'ada@example.com', org_role: 'admin' } })
  }
  const wrong = postern(t, ['migrate', '--config', config, '--admin', 'no address'])
  t.equal(await wrong.ended, 2)
  t.match(wrong.stderr(), /error: .*\n/)
})

void t.test('migrate --admin --link prints a link alone, and serve tells of a store without an admin', async t => {
  const config = await configFor(await server.freshDatabase())
  await postern(t, ['migrate', '--config', config]).ended
  const serving = postern(t, ['serve', '--config', config, '--only', 'api'])
  const ready = readyLine(await serving.line(/"msg":"ready"/))
  await serving.line(/nobody is an admin yet: run postern migrate --admin EMAIL --link/)
  const made = postern(t, ['migrate', '--config', config, '--admin', 'ada@example.com', '--link'])
  t.equal(await made.ended, 0)
  t.match(made.stdout(), /^http:\/\/127\.0\.0\.1:\d+\/invitation#[\w-]{43}\n$/)
  const [, token = ''] = made.stdout().trim().split('#')
  watchSecret(token)
  t.notMatch(made.stderr(), token)
  const accepted = await fetch(`${ready.api}/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: 'correct horse battery staple' }),
  })
  t.match(await accepted.json(), { account: { name: 'ada@example.com', org_role: 'admin' } })
})

void t.test('each part runs alone', async t => {
  const config = await configFor(await server.freshDatabase())
  await postern(t, ['migrate', '--config', config]).ended
  const proxy = readyLine(await postern(t, ['serve', '--config', config, '--only', 'proxy']).line(/"msg":"ready"/))
  t.match(proxy, { api: null, proxy: [{ port: Number }] })
  const api = readyLine(await postern(t, ['serve', '--config', config, '--only', 'api']).line(/"msg":"ready"/))
  t.match(api, { api: /^http:/, proxy: [] })
})

void t.test('a proxy that starts without its store refuses with 57P03, and recovers by itself', async t => {
  const storeUrl = await server.freshDatabase()
  const name = new URL(storeUrl).pathname.slice(1)
  const config = await configFor(storeUrl)
  await postern(t, ['migrate', '--config', config]).ended
  const superuser = new pg.Client(server.url('postgres'))
  await superuser.connect()
  t.teardown(() => superuser.end())
  await superuser.query(`alter database ${name} rename to ${name}_away`)

  const running = postern(t, ['serve', '--config', config, '--only', 'proxy'])
  const ready = readyLine(await running.line(/"msg":"listening"/))
  t.equal((await fetch(`${ready.metrics}/readyz`)).status, 503)
  const logIn = async () => {
    const port = ready.proxy[0]?.port ?? 0
    const ssl = { rejectUnauthorized: false }
    await new pg.Client({ host: '127.0.0.1', port, user: 'nobody', password: 'x', ssl }).connect()
  }
  await t.rejects(logIn(), { code: '57P03' })

  await superuser.query(`alter database ${name}_away rename to ${name}`)
  for (;;) {
    const { status } = await fetch(`${ready.metrics}/readyz`)
    if (status === 200) break
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  await t.rejects(logIn(), { code: '28P01' }, 'the store is asked again: the account does not exist')
})

void t.test('SIGHUP shows a renewed certificate to new clients, and stops nothing', async t => {
  const dir = t.testdir()
  const [cert, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
  const [first, renewed] = [await makeCertificates(Date.now()), await makeCertificates(Date.now() + DAY_MS)]
  const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256
  await writeFile(cert, first.cert)
  await writeFile(key, first.key)
  const running = postern(t, ['serve', '--config', await configFor(await server.freshDatabase(), { cert, key })])
  const { proxy, metrics } = readyLine(await running.line(/"msg":"listening"/))
  const port = proxy[0]?.port ?? 0
  t.equal(await shownBy(port), fingerprint(first.cert))

  await writeFile(cert, renewed.cert)
  running.kill('SIGHUP')
  await running.line(/"msg":"a certificate stays as it was: its files are bad"/)
  t.equal(await shownBy(port), fingerprint(first.cert), 'half of a pair is not used')
  await writeFile(key, renewed.key)
  running.kill('SIGHUP')
  await until('the new one is shown', async () => (await shownBy(port)) === fingerprint(renewed.cert))
  const series = /postern_tls_certificate_not_after_timestamp_seconds\{place="listener-0"\} (\d+)/
  const [, notAfter] = series.exec(await (await fetch(`${metrics}/metrics`)).text()) ?? []
  t.equal(Number(notAfter) * 1000, Date.parse(new X509Certificate(renewed.cert).validTo))
  running.kill('SIGTERM')
  t.equal(await running.ended, 0)
})

void t.test(
  'SIGHUP reads the settings again: what can change does, and the log names what needs a restart',
  async t => {
    const storeUrl = await server.freshDatabase()
    await migrate(storeUrl)
    const config = await configFor(storeUrl)
    const original = await readFile(config, 'utf8')
    const running = postern(t, ['serve', '--config', config])
    const { proxy } = readyLine(await running.line(/"msg":"ready"/))
    const port = proxy[0]?.port ?? 0
    const hangUp = async (text: string, heard: RegExp) => {
      await writeFile(config, text)
      running.kill('SIGHUP')
      return JSON.parse(await running.line(heard)) as Record<string, unknown>
    }
    const refusal = () =>
      new pg.Client({ host: '127.0.0.1', port, user: 'nobody', password: 'x', ssl: { rejectUnauthorized: false } })
        .connect()
        .then(() => t.fail('logged in'))
        .catch((error: Error & { code?: string }) => error.code)
    const other = connectPlain(port, '127.0.0.1')
    t.teardown(() => other.destroy())
    await once(other, 'connect')
    t.equal(await refusal(), '28P01')

    const changed = `${original.replace('port: 0 }\n', 'port: 1 }\n')}limits: { connections_per_address: 1 }\nlog: { level: debug }\n`
    t.match(await hangUp(changed, /settings read again, and changed/), {
      changed: ['limits.connections_per_address', 'log.level'],
    })
    t.match(JSON.parse(await running.line(/need a restart/)), { level: 'warn', settings: ['api.port'] })
    t.equal(await refusal(), '53300', 'the connection that was there counts')

    const bad = `${original.replace(storeUrl, 'mysql://u:hunter2@h/db')}limits: { connections_per_address: 0 }\n`
    const told = await hangUp(bad, /settings stay as they were/)
    t.match(told, {
      level: 'error',
      problems: [{ setting: 'store.url' }, { setting: 'limits.connections_per_address' }],
    })
    t.equal(await refusal(), '53300')
    t.notMatch(running.stdout(), 'hunter2')
    running.kill('SIGTERM')
    t.equal(await running.ended, 0)
  },
)

/** The fingerprint of the certificate that direct TLS shows. */
async function shownBy(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['postgresql'] })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}
