// `postern migrate` when it cannot do what it should: each ordinary failure is named, with what to do about it.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { explainStoreFailure } from '../../src/compose/store-failure.js'
import { createPersonalAccount, disableAccount } from '../../src/store/account-lifecycle.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore } from '../../src/store/pool.js'
import { StoreError } from '../../src/store/store-error.js'
import { testServer } from '../support/postgres.js'
import { makeCertificates } from '../upstream/certificates.js'
import { asTestServer, startServer } from '../upstream/servers.js'
import { shell } from './shell.js'
import type { Ran } from './world-cli.js'

const server = await testServer(t)
const SECRET_KEY = randomBytes(32).toString('base64')
const PASSWORD = 'not-the-password'

async function run(url: string, args = '', extra: Record<string, string> = {}): Promise<Ran> {
  return shell(`postern migrate ${args}`, { POSTERN_STORE_URL: url, POSTERN_SECRET_KEY: SECRET_KEY, ...extra })
}

/** One error and one hint, at the end of stderr; no defect, no password, nothing on stdout. */
function fails(t: Test, ran: Ran, error: RegExp, hint: RegExp, code = 1): void {
  t.equal(ran.out, '')
  t.equal(ran.code, code, ran.err)
  t.match(ran.err, new RegExp(`(^|\\n)error: [^\\n]*${error.source}[^\\n]*\\nhint: [^\\n]*${hint.source}[^\\n]*\\n$`))
  t.notMatch(ran.err, /defect|StoreError|\n\s+at /)
  for (const secret of [PASSWORD, server.superuser.password]) t.notMatch(ran.err, secret)
}

async function sql(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** The same URL with another part. */
function other(url: string, change: (url: URL) => void): string {
  const changed = new URL(url)
  change(changed)
  return changed.href
}

void t.test('a store that cannot be reached or logged in to', async t => {
  const url = await server.freshDatabase()
  const { host, pathname } = new URL(url)
  const wrong = other(url, changed => (changed.password = PASSWORD))
  fails(t, await run(wrong), new RegExp(`at ${host} rejected the login to database ${pathname.slice(1)}`), /store\.url/)
  fails(t, await run(other(url, changed => (changed.pathname = '/nowhere'))), /no database nowhere/, /createdb nowhere/)
  const unknown = other(url, changed => (changed.hostname = 'store.invalid'))
  fails(t, await run(unknown), /store\.invalid:\d+: its name does not resolve/, /name servers/)
  const closed = other(url, changed => (changed.port = '1'))
  fails(t, await run(closed), /nothing listens at 127\.0\.0\.1:1,/, /start that PostgreSQL server/)
  await sql(url, `create role guest login password '${PASSWORD}'`)
  const guest = other(url, changed => ((changed.username = 'guest'), (changed.password = PASSWORD)))
  fails(t, await run(guest), /lacks a privilege on database test_\w+/, /grant connect, create on database test_/)
  const name = pathname.slice(1)
  await sql(server.url('postgres'), `alter database ${name} allow_connections false`)
  fails(t, await run(url), /does not accept connections/, /allow_connections true/)
})

void t.test('a server that starts up, or never answers', async t => {
  const starting = await fakeServer(t, socket => socket.end(errorResponse('57P03')))
  fails(t, await run(starting), /starting up or shutting down/, /try again/)
  const full = await fakeServer(t, socket => socket.end(errorResponse('53300')))
  fails(t, await run(full), /too many connections/, /max_connections/)
  const silent = await fakeServer(t, () => undefined)
  fails(t, await run(silent), /did not answer in time/, /firewalls/)
})

void t.test('a store that is in use, or of another version', async t => {
  const url = await server.freshDatabase()
  await migrate(url)
  const holder = new pg.Client(url)
  await holder.connect()
  t.teardown(() => holder.end())
  await holder.query('begin')
  await holder.query('lock table postern.migrations in access exclusive mode')
  const error = await migrate(url, { timeoutMs: 300 }).catch((error: unknown) => error)
  t.match(explainStoreFailure(error, url), { message: /holds a lock for too long/, hint: /pg_stat_activity/ })
  await holder.query('rollback')

  await sql(url, "update postern.migrations set name = '0001_others' where name = '0001_tables'")
  fails(t, await run(url), /was migrated by another version of Postern/, /a newer one/)
  const tooOld = new StoreError('server_too_old', 'migrate')
  t.match(explainStoreFailure(tooOld, url), { message: /is older than PostgreSQL 14/, hint: /upgrade/ })
  t.match(explainStoreFailure(new StoreError('invalid', 'parse the URL of the store'), 'not a URL'), {
    message: /cannot be parsed/,
    hint: /percent-encoded/,
  })
  t.equal(explainStoreFailure(new TypeError('a defect'), url), null)
})

void t.test('a refusal of the server while the table of migrations is made', async t => {
  const url = await server.freshDatabase()
  const database = new URL(url).pathname.slice(1)
  const user = `creator_${database}`
  await sql(url, 'create schema postern', `create role ${user} login password '${PASSWORD}'`)
  await sql(url, `grant create on database ${database} to ${user}`)
  const creator = other(url, changed => ((changed.username = user), (changed.password = PASSWORD)))
  const owner = /run it as the owner of the schema postern/
  fails(t, await run(creator), /lacks a privilege on database test_/, owner)

  await sql(url, `alter database ${database} set default_transaction_read_only = on`)
  fails(t, await run(url), /is read-only/, /address of the primary/)
  await sql(
    other(url, changed => (changed.pathname = '/postgres')),
    `alter database ${database} reset all`,
  )

  await sql(
    url,
    `create function public.refuse() returns event_trigger language plpgsql as $$
       begin raise exception using errcode = '53100'; end $$`,
    'create event trigger refuse on ddl_command_start execute function public.refuse()',
  )
  fails(t, await run(url), /the disk of the store at \S+ is full/, /nothing was changed/)
  await sql(url, 'drop event trigger refuse')

  const holder = new pg.Client(url)
  await holder.connect()
  t.teardown(() => holder.end())
  await holder.query('create table postern.migrations (id serial, name text not null, run_on timestamp not null)')
  await holder.query('begin')
  await holder.query('lock table postern.migrations in access share mode')
  const error = await migrate(url, { timeoutMs: 300 }).catch((error: unknown) => error)
  t.match(explainStoreFailure(error, url), { message: /holds a lock for too long/, hint: /pg_stat_activity/ })
})

void t.test('a server without TLS, or with a certificate that is not trusted', async t => {
  const url = await server.freshDatabase()
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
    const ran = await run(`${url}?sslmode=${mode}`)
    fails(t, ran, /at 127\.0\.0\.1:\d+ offers no TLS/, /sslmode=disable/)
    t.notMatch(ran.err, /warning/i, 'pg does not warn either')
  }
  const { server: tls, ca } = await makeCertificates()
  const secured = await startServer(t, { version: 18, tls })
  const { href } = new URL(asTestServer(secured).url('postgres'))
  fails(t, await run(`${href}?sslmode=require`), /certificate of the store at \S+ is not trusted/, /sslrootcert=FILE/)
  const file = join(t.testdir({ 'ca.pem': ca }), 'ca.pem')
  t.match(await run(`${href}?sslmode=verify-full&sslrootcert=${file}`), { code: 0 })
})

void t.test('an admin who can be given no key', async t => {
  const url = await server.freshDatabase()
  const one = { POSTERN_KEYS_MAX_PER_PERSONAL_ACCOUNT: '1' }
  fails(t, await run(url, '--admin nonsense'), /nonsense/, /migrate --help/, 2)
  fails(t, await run(url, '--admin robot@service.postern.invalid'), /service account/, /--help/, 2)
  fails(t, await run(url, '--link'), /--link needs --admin/, /--admin EMAIL/, 2)
  t.match(await run(url, '--admin Ada@Example.com', one), {
    code: 0,
    out: /^pstn_\w{62}\n$/,
    err: /Made key \w{12} of ada@/,
  })
  const full = await run(url, '--admin ada@example.com', one)
  fails(t, full, /ada@example\.com has 1 active key, the most allowed/, /postern key revoke .*--link/)
  t.match(await run(url, '--admin ada@example.com --link', one), { code: 0, out: /^https?:\S+\/invitation#\S+\n$/ })

  const store = openStore(url)
  t.teardown(() => store.close())
  const add = (email: string, orgRole: 'admin' | 'member') =>
    createPersonalAccount(store, { email, orgRole, passwordHash: null })
  await add('eve@example.com', 'member')
  fails(
    t,
    await run(url, '--admin eve@example.com'),
    /eve@example\.com is in the organization and is not an admin/,
    /user edit eve@/,
  )
  await disableAccount(store, (await add('bob@example.com', 'admin')).id)
  fails(t, await run(url, '--admin bob@example.com'), /bob@example\.com is deactivated/, /user activate bob@/)
})

void t.test('a key or link that cannot be shown is revoked', async t => {
  const url = await server.freshDatabase()
  const store = openStore(url)
  t.teardown(() => store.close())
  const lost = /no space left on device; (key \w{12} of|the link for) ada@example\.com was revoked/
  fails(t, await run(url, '--admin ada@example.com > /dev/full'), lost, /run the command again/)
  fails(t, await run(url, '--admin ada@example.com --link >&-'), /the link for ada@\S+ was revoked/, /again/)
  const rows = await store.run<{ over: boolean }>(
    'see what is left',
    `select revoked_at is not null as over from postern.api_keys
     union all select revoked_at is not null from postern.invitations`,
  )
  t.strictSame(rows, [{ over: true }, { over: true }])
})

async function fakeServer(t: Test, answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const fake = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  })
  fake.listen(0, '127.0.0.1')
  await once(fake, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    fake.close()
  })
  return `postgres://me:${PASSWORD}@127.0.0.1:${(fake.address() as AddressInfo).port}/store?sslmode=disable`
}

/** ErrorResponse: PostgreSQL manual, "Message Formats". Its message must not be passed on. */
function errorResponse(sqlstate: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${PASSWORD}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeUInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
