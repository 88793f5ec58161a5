import { once } from 'node:events'
import { chown, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, connect, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/postgres.js'
import { describeProcess, isAlive } from '../../src/embedded/process-table.js'
import { isRoot, scratchDir } from './scratch.js'

const durable = false

async function query(url: string, sql: string): Promise<string[][]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<string[]>({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

const dir = await scratchDir(t)
const dataDir = join(dir, 'first')
let server: EmbeddedPostgres

t.before(async () => {
  // The caller's surroundings must not matter: neither an unknown locale or time zone, nor settings of libpq.
  Object.assign(process.env, { LC_ALL: 'xx_XX.UTF-8', TZ: 'Nowhere/Land', PGPORT: '1', PGDATA: '/nowhere' })
  server = await startEmbeddedPostgres({ dataDir, durable })
})
t.teardown(() => server.stop())

void t.test('lets the superuser in with the password, and nobody without', async t => {
  t.strictSame(await query(server.url('postgres'), 'select current_user, 1::text'), [['postgres', '1']])
  const wrong = server.url('postgres').replace(server.superuser.password, 'wrong')
  await t.rejects(query(wrong, 'select 1'), { code: '28P01' })
})

void t.test('asks everyone for SCRAM, on the Unix socket too', async t => {
  const rules = await query(server.url('postgres'), 'select distinct auth_method from pg_hba_file_rules')
  t.strictSame(rules, [['scram-sha-256']])
})

void t.test('makes a UTF-8 cluster with checksums, the same whatever the locale', async t => {
  const sql = `select current_setting('data_checksums'), current_setting('server_encoding'), datlocale,
    current_setting('lc_messages'), current_setting('TimeZone')
    from pg_database where datname = current_database()`
  t.strictSame(await query(server.url('postgres'), sql), [['on', 'UTF8', 'C.UTF-8', 'C', 'UTC']])
})

void t.test('listens on loopback alone', async t => {
  const outside = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  for (const { address } of outside.filter(({ family, internal }) => family === 'IPv4' && !internal)) {
    await t.rejects(once(connect(server.port, address), 'connect'), { code: 'ECONNREFUSED' })
  }
  const [[addresses] = []] = await query(server.url('postgres'), `select current_setting('listen_addresses')`)
  t.equal(addresses, '127.0.0.1')
})

void t.test('keeps the password in a file of its owner, out of the arguments and out of the log', async t => {
  const file = join(dataDir, 'superuser-password')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.equal((await readFile(file, 'utf8')).trim(), server.superuser.password)
  const lines: string[] = []
  await server.stop()
  server = await startEmbeddedPostgres({ dataDir, durable, log: line => lines.push(line) })
  await t.rejects(query(server.url('postgres'), `create role x nonsense password 'sesame'`), { code: '42601' })
  await server.stop()
  t.match(lines.join('\n'), /unrecognized role option/)
  t.notMatch(lines.join('\n'), /sesame/)
  server = await startEmbeddedPostgres({ dataDir, durable })
})

void t.test('never runs as root', { skip: isRoot ? false : 'not started as root' }, async t => {
  t.not((await stat(server.cluster)).uid, 0)
  const [[user] = []] = await query(server.url('postgres'), `select pg_read_file('/proc/self/status')`)
  t.notMatch(user, /^Uid:\s+0\b/m)
})

void t.test('finds its data again, on the same port', async t => {
  await query(server.url('postgres'), 'create table kept as select 42 as answer')
  const { port } = server
  await server.stop()
  server = await startEmbeddedPostgres({ dataDir, durable: true })
  t.strictSame(await query(server.url('postgres'), 'select answer::text from kept'), [['42']])
  t.equal(server.port, port)
})

void t.test('refuses a second start on the data of a running server, which goes on', async t => {
  await t.rejects(startEmbeddedPostgres({ dataDir, durable }), {
    code: 'data_dir_in_use',
    message: new RegExp(`process ${process.pid} is running`),
  })
  t.strictSame(await query(server.url('postgres'), 'select 1::text'), [['1']])
})

void t.test('runs two servers side by side', async t => {
  const second = await startEmbeddedPostgres({ dataDir: join(dir, 'second'), durable })
  t.not(second.port, server.port)
  t.not(second.superuser.password, server.superuser.password)
  t.strictSame(await query(second.url('postgres'), 'select 1::text'), [['1']])
  await second.stop()
  t.strictSame(await query(server.url('postgres'), 'select 1::text'), [['1']])
})

void t.test('leaves no process and no pid file behind, and may be stopped twice', async t => {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  const lost = new Promise(resolve => client.on('error', resolve))
  await client.connect()
  await Promise.all([server.stop(), server.stop()])
  await server.ended
  await lost
  t.equal(isAlive(server.pid), false)
  await t.rejects(stat(join(server.cluster, 'postmaster.pid')), { code: 'ENOENT' })
})

void t.test('names the port that another program listens on', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await t.rejects(startEmbeddedPostgres({ dataDir, durable, port }), {
    code: 'port_busy',
    message: new RegExp(`port ${port} of 127.0.0.1`),
  })
})

void t.test('takes another port when that of the last start is taken and none is asked for', async t => {
  const other = createServer().listen(server.port, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = server
  server = await startEmbeddedPostgres({ dataDir, durable })
  t.not(server.port, port)
  await server.stop()
})

void t.test('starts over a pid file whose number is a dead or another program’s process', async t => {
  for (const pid of [2 ** 22 + 1, process.pid]) {
    const lines = [pid, server.cluster, 1, server.port, '', '127.0.0.1', '', 'ready']
    const file = join(server.cluster, 'postmaster.pid')
    const { uid, gid } = await stat(server.cluster)
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    await chown(file, uid, gid)
    server = await startEmbeddedPostgres({ dataDir, durable })
    t.equal((await describeProcess(server.pid))?.parentPid, process.pid)
    await server.stop()
  }
})

void t.test('says that the password is missing rather than making one that opens nothing', async t => {
  await rm(join(dataDir, 'superuser-password'))
  await t.rejects(startEmbeddedPostgres({ dataDir, durable }), {
    code: 'password_missing',
    message: /superuser-password/,
  })
})

void t.test('refuses a cluster of another major version', async t => {
  await writeFile(join(dataDir, 'superuser-password'), 'x')
  await writeFile(join(server.cluster, 'PG_VERSION'), '17\n')
  await t.rejects(startEmbeddedPostgres({ dataDir, durable }), { code: 'data_dir_version', message: /Postgres 17/ })
})
