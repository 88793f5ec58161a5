// postgres.js: it pipelines, prepares everything, and keeps sessions of its own for LISTEN.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { makeShop, ITEMS } from './shop.js'

const shop = await makeShop(t)
const { world, reader, writer } = shop

function connect(t: Test, member = reader, options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
  const sql = postgres(world.uri(member, { query: '' }), { max: 1, onnotice: () => {}, ...options })
  t.teardown(() => sql.end({ timeout: 5 }))
  return sql
}

void t.test('verifies the certificate', async t => {
  const ca = readFileSync(world.ca, 'utf8')
  const sql = connect(t, reader, { port: world.port('tlsOnly'), ssl: { ca } })
  t.match(await sql`select count(*)::int as n from items`, [{ n: ITEMS }])
  const distrustful = connect(t, reader, { port: world.port('tlsOnly'), ssl: 'verify-full' })
  await t.rejects(distrustful`select 1`, { code: /UNABLE_TO|SELF_SIGNED/ })
})

void t.test('pipelines prepared statements on one session, answers in order', async t => {
  const sql = connect(t)
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) => sql<{ name: string }[]>`select name from items where id = ${i + 1}`),
  )
  t.strictSame(
    answers.map(([row]) => row?.name),
    Array.from({ length: 300 }, (_, i) => `item ${i + 1}`),
  )
})

void t.test('a transaction that throws is rolled back, to the savepoint where there is one', async t => {
  const sql = connect(t, writer)
  await sql.begin(async tx => {
    await tx`insert into items values (6001, 'kept')`
    await tx
      .savepoint(async inner => {
        await inner`insert into items values (6002, 'undone')`
        throw new Error('on purpose')
      })
      .catch(() => {})
  })
  const failed = sql.begin(async tx => {
    await tx`insert into items values (6003, 'undone')`
    await tx`select 1/0`
  })
  await t.rejects(failed, { code: '22012' })
  t.match(await sql`select name from items where id > 6000`, [{ name: 'kept' }])
})

void t.test('a cursor reads a large result in parts', async t => {
  const sql = connect(t)
  let sum = 0
  for await (const rows of sql<{ i: number }[]>`select i from generate_series(1, 20000) i`.cursor(500)) {
    for (const { i } of rows) sum += i
  }
  t.equal(sum, (20_000 * 20_001) / 2)
})

void t.test('copies ten megabytes in and out again', async t => {
  await shop.ask('create table copied (id int, line text)')
  const sql = connect(t, writer)
  const lines = Array.from({ length: 10_000 }, (_, i) => `${i}\t${'x'.repeat(1000)}\n`)
  await pipeline(Readable.from(lines), await sql`copy copied from stdin`.writable())
  const received = createHash('md5')
  await pipeline(await sql`copy (select * from copied order by id) to stdout`.readable(), received)
  t.equal(received.digest('hex'), createHash('md5').update(lines.join('')).digest('hex'))
})

void t.test('cancels a query and goes on with the session', async t => {
  const sql = connect(t)
  const [before] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  const sleeping = sql`select pg_sleep(60)`
  const rejected = t.rejects(sleeping, { code: '57014' })
  await shop.seen(`pid = ${before?.pid} and state = 'active' and query like '%pg_sleep(60)%'`)
  sleeping.cancel()
  await rejected
  t.match(await sql`select pg_backend_pid() as pid`, [{ pid: before?.pid }])
})

void t.test('hears what another session notifies', async t => {
  const sql = connect(t)
  const heard = new Promise<string>(resolve => {
    void sql.listen('news', resolve).then(() => connect(t, writer).notify('news', 'fresh bread'))
  })
  t.equal(await heard, 'fresh bread')
})

void t.test('a wrong token is refused as Postgres refuses a wrong password', async t => {
  const sql = connect(t, { ...reader, token: writer.token })
  await t.rejects(sql`select 1`, { code: '28P01', severity: 'FATAL' })
})

// It keeps an ErrorResponse until ReadyForQuery, which never follows a FATAL, of Postgres neither: the reason is lost.
void t.test('a query under way is rejected when its key is revoked, and the key is refused', async t => {
  const robot = await world.account()
  const application_name = 'doomed'
  const sql = connect(t, robot, { connection: { application_name } })
  const rejected = t.rejects(sql`select pg_sleep(60)`, { code: 'CONNECTION_CLOSED' })
  await shop.seen(`application_name = '${application_name}' and query like '%pg_sleep(60)%'`)
  await world.revoke(robot)
  await rejected
  await sql.end({ timeout: 0 })
  await t.rejects(connect(t, robot)`select 1`, { code: '28P01' })
})
