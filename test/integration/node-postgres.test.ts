// node-postgres (pg): what services in Node do with it, through the proxy.

import { readFileSync } from 'node:fs'
import pg from 'pg'
import t, { type Test } from 'tap'
import { makeShop, ITEMS } from './shop.js'

const shop = await makeShop(t)
const { world, reader, writer } = shop
const ca = readFileSync(world.ca, 'utf8')

/** A client that ends with the test. */
async function connect(t: Test, config: string | pg.ClientConfig = world.uri(reader)): Promise<pg.Client> {
  const client = new pg.Client(config)
  await client.connect()
  t.teardown(() => client.end())
  return client
}

void t.test('verifies the certificate, and binds the channel', async t => {
  const secure = { connectionString: world.uri(reader, { listener: 'tlsOnly', query: '' }), ssl: { ca } }
  for (const enableChannelBinding of [false, true]) {
    const client = await connect(t, { ...secure, enableChannelBinding })
    t.match(await client.query('select count(*)::int as n from items'), { rows: [{ n: ITEMS }] })
  }
  const distrustful = new pg.Client({ ...secure, ssl: true })
  await t.rejects(distrustful.connect(), { code: /UNABLE_TO|SELF_SIGNED/ })
})

void t.test('logs in with a password under TLS, on a listener that asks for it', async t => {
  const connectionString = world.uri(reader, { listener: 'password', query: '' })
  const client = await connect(t, { connectionString, ssl: { ca } })
  t.match(await client.query('select 1 as one'), { rows: [{ one: 1 }] })
})

void t.test('a pool serves many queries on few sessions', async t => {
  const pool = new pg.Pool({ connectionString: world.uri(reader), max: 4 })
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => pool.query<{ n: number }>('select $1::int as n, pg_sleep(0.001)', [i])),
  )
  t.strictSame(
    answers.map(({ rows }) => rows[0]?.n),
    Array.from({ length: 200 }, (_, i) => i),
  )
  t.equal(pool.totalCount, 4)
  await pool.end()
})

void t.test('prepares a named statement once and runs it often', async t => {
  const client = await connect(t)
  for (const id of [1, 500, ITEMS]) {
    const { rows } = await client.query({ name: 'item', text: 'select name from items where id = $1', values: [id] })
    t.strictSame(rows, [{ name: `item ${id}` }])
  }
  t.match(await client.query('select name from pg_prepared_statements'), { rows: [{ name: 'item' }] })
})

void t.test('a transaction rolls back to its savepoint', async t => {
  const client = await connect(t, world.uri(writer))
  await client.query('begin')
  await client.query(`insert into items values (6001, 'kept')`)
  await client.query('savepoint s')
  await t.rejects(client.query(`insert into items values (6001, 'twice')`), { code: '23505' })
  await client.query('rollback to s; commit')
  t.match(await client.query('select name from items where id > 6000'), { rows: [{ name: 'kept' }] })
})

void t.test('a large result arrives whole, at once or through a cursor', async t => {
  const client = await connect(t)
  const sql = `select i, repeat(md5(i::text), 8) as filling from generate_series(1, 100000) i`
  const { rows } = await client.query<{ i: number; filling: string }>(sql)
  t.equal(rows.length, 100_000)
  t.ok(rows.every(({ i, filling }, index) => i === index + 1 && filling.length === 256))

  await client.query(`begin; declare c cursor for ${sql}`)
  let fetched = 0
  for (let more = true; more;) {
    const { rowCount } = await client.query('fetch 9999 from c')
    fetched += rowCount ?? 0
    more = (rowCount ?? 0) > 0
  }
  await client.query('commit')
  t.equal(fetched, 100_000)
})

void t.test('parameters of a megabyte go up and come back', async t => {
  const client = await connect(t)
  const bytes = Buffer.alloc(1_000_000, 'läuft')
  const { rows } = await client.query<{ bytes: Buffer }>('select $1::bytea as bytes', [bytes])
  t.ok(rows[0]?.bytes.equals(bytes))
})

void t.test("a query is cancelled by its session's process id", async t => {
  const [sleeper, canceler] = [await connect(t), await connect(t)]
  const { processID } = sleeper as unknown as { processID: number }
  const sleeping = t.rejects(sleeper.query('select pg_sleep(60)'), { code: '57014' })
  await shop.seen(`pid = ${processID} and query like 'select pg_sleep(60)%'`)
  await canceler.query('select pg_cancel_backend($1)', [processID])
  await sleeping
  t.match(await sleeper.query('select pg_backend_pid() as pid'), { rows: [{ pid: processID }] })
})

void t.test('one session hears what another one notifies', async t => {
  const [listener, speaker] = [await connect(t), await connect(t)]
  const heard = new Promise<pg.Notification>(resolve => listener.once('notification', resolve))
  await listener.query('listen news')
  await speaker.query(`select pg_notify('news', 'fresh bread')`)
  t.match(await heard, { channel: 'news', payload: 'fresh bread' })
})

void t.test('an idle session reads why its key ended it, and its token is refused from then on', async t => {
  const robot = await world.account()
  const client = new pg.Client(world.uri(robot))
  await client.connect()
  const ended = new Promise<Error>(resolve => client.on('error', resolve))
  await world.revoke(robot)
  t.match(await ended, {
    severity: 'FATAL',
    code: '57P01',
    message: 'session ended: the API key was revoked',
    detail: /^Reference: /,
    hint: 'Connect with another active key of the account.',
  })
  await t.rejects(new pg.Client(world.uri(robot)).connect(), {
    code: '28P01',
    message: 'password authentication failed',
  })
})

void t.test('a query under way is rejected with the reason', async t => {
  const robot = await world.account()
  const client = new pg.Client(world.uri(robot))
  await client.connect()
  client.on('error', () => {})
  const rejected = t.rejects(client.query('select pg_sleep(60)'), { code: '57P01', message: /API key was revoked/ })
  await shop.seen(`application_name = '${robot.name}' and query like 'select pg_sleep(60)%'`)
  await world.revoke(robot)
  await rejected
  await shop.unseen(`application_name = '${robot.name}'`)
})
