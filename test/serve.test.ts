import t from 'tap'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ensureCertificates } from '../src/embedded/certificates.js'
import { watchSecret } from './support/leak-watch.js'
import { postern } from './support/postern.js'
import { testServer } from './support/postgres.js'

const dir = await mkdtemp(join(tmpdir(), 'postern-serve-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))
const server = await testServer(t)
const { certFile, keyFile } = await ensureCertificates(dir)

async function configFor(storeUrl: string): Promise<string> {
  const file = join(dir, `${randomBytes(4).toString('hex')}.yaml`)
  await writeFile(
    file,
    `store: { url: '${storeUrl}', statement_timeout: 1s }
secret_key: ${randomBytes(32).toString('base64')}
listeners: [{ host: 127.0.0.1, port: 0, certificate_file: ${certFile}, private_key_file: ${keyFile} }]
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
  t.equal(await wrong.ended, 1)
  t.match(wrong.stderr(), /error: .*\n/)
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
  const ready = readyLine(await running.line(/"msg":"ready"/))
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
