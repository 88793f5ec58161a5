// What a client sets at start-up reaches the database; who it is, Postern says.

import pg from 'pg'
import postgres from 'postgres'
import t from 'tap'
import { psql, withoutPsql } from './psql.js'
import { environment, makeShop } from './shop.js'

const shop = await makeShop(t)
const { world, reader } = shop

/** Logs in with postgres.js, which sends `connection` as it is, and asks for settings. */
async function settingsOf(connection: Record<string, string>, names: readonly string[]): Promise<string[]> {
  const sql = postgres(world.uri(reader, { query: '' }), { max: 1, connection, ssl: false })
  try {
    const rows = await sql<{ value: string }[]>`
      select current_setting(name) as value from unnest(${names}::text[]) with ordinality as n(name, i) order by i`
    return rows.map(({ value }) => value)
  } finally {
    await sql.end()
  }
}

void t.test('settings pass as start-up parameters', async t => {
  const given = {
    search_path: 'pg_catalog, "My Schema"',
    extra_float_digits: '2',
    DateStyle: 'SQL, DMY',
    application_name: 'night report',
    statement_timeout: '54321',
    client_encoding: 'LATIN1',
  }
  const names = ['search_path', 'extra_float_digits', 'DateStyle', 'application_name', 'client_encoding']
  t.strictSame(await settingsOf(given, [...names, 'statement_timeout']), [
    ...Object.values(given)
      .filter(value => value !== '54321')
      .slice(0, 4),
    'LATIN1',
    '54321ms',
  ])
})

void t.test('settings pass in options', async t => {
  const options = '-c statement_timeout=1234 -c search_path=pg_temp,public --geqo=off'
  const values = await settingsOf({ options }, ['statement_timeout', 'search_path', 'geqo'])
  t.strictSame(values, ['1234ms', 'pg_temp,public', 'off'])
})

void t.test('a statement_timeout in options stops a long query', async t => {
  const client = new pg.Client({ connectionString: world.uri(reader), options: '-c statement_timeout=50' })
  await client.connect()
  await t.rejects(client.query('select pg_sleep(60)'), { code: '57014' })
  await client.end()
})

void t.test('psql passes PGOPTIONS and PGAPPNAME', { skip: withoutPsql }, async t => {
  const env = environment(shop, reader, { PGOPTIONS: '-c work_mem=7MB', PGAPPNAME: 'ledger' })
  t.equal((await psql(env, ['show work_mem', 'show application_name'])).stdout, '7MB\nledger\n')
})

void t.test('the session tells which account and key it is of', async t => {
  t.strictSame(await settingsOf({}, ['postern.account', 'postern.key']), [reader.name, reader.keyId])
})

void t.test('a client can not log in under another label', async t => {
  const forged = {
    'postern.account': 'root',
    'Postern.Key': 'root',
    options: '-c postern.account=root --postern.key=root',
  }
  t.strictSame(await settingsOf(forged, ['postern.account', 'postern.key']), [reader.name, reader.keyId])
})

void t.test("a client without an application_name goes by its account's", async t => {
  const client = new pg.Client(world.uri(reader))
  await client.connect()
  const { rows } = await client.query('select application_name from pg_stat_activity where pid = pg_backend_pid()')
  t.strictSame(rows, [{ application_name: reader.name }])
  await client.end()
})

void t.test("an unknown parameter is the database's to refuse, in its own words", async t => {
  await t.rejects(settingsOf({ no_such_setting: '1' }, ['search_path']), {
    code: '42704',
    message: 'unrecognized configuration parameter "no_such_setting"',
  })
})

void t.test('replication is refused with 0A000', async t => {
  for (const replication of ['database', 'true', 'on', '1', 'yes']) {
    await t.rejects(settingsOf({ replication }, []), { code: '0A000' }, replication)
  }
})
