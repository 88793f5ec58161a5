import t from 'tap'
import pg from 'pg'
import { migrate } from '../../src/store/migrate.js'
import { StoreError } from '../../src/store/store-error.js'
import { testServer } from '../support/postgres.js'

const server = await testServer(t)
const ALL = [
  '0001_tables',
  '0002_changes',
  '0003_triggers',
  '0004_groups',
  '0005_audit',
  '0006_people',
  '0007_use',
  '0008_allow_lists',
  '0010_push',
  '0011_login_blocks',
  '0012_login_counts',
  '0013_announce',
  '0014_audit_targets',
]

void t.test('brings an empty database to the schema, and has nothing to do the second time', async t => {
  const url = await server.freshDatabase()
  t.same(await migrate(url), ALL)
  t.same(await migrate(url), [])
})

void t.test('lets two instances that start at once migrate one after the other', async t => {
  const url = await server.freshDatabase()
  const runs = await Promise.all([migrate(url), migrate(url)])
  t.same(
    runs.toSorted((a, b) => a.length - b.length),
    [[], ALL],
  )
})

void t.test('is not led astray by a search_path with impostors of tables and functions', async t => {
  const url = await server.freshDatabase()
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`
    create schema evil;
    create function evil.pg_advisory_lock(bigint) returns void language plpgsql
      as $$ begin raise 'the impostor was called'; end $$;
    create table evil.migrations (id int, name text);
    create function evil.gen_random_uuid() returns uuid language sql as $$ select null::uuid $$;
    create function evil.now() returns timestamptz language sql as $$ select null::timestamptz $$;
    do $$ begin execute format('alter database %I set search_path = evil, pg_catalog', current_database()); end $$`)
  await client.end()
  t.same(await migrate(url), ALL)
  const after = new pg.Client(url)
  await after.connect()
  t.teardown(() => after.end())
  await after.query(`insert into postern.databases (name, host, port, dbname, ssl_mode)
    values ('shop', 'localhost', 5432, 'shop', 'disable')`)
  t.match((await after.query('select id, created_at from postern.databases')).rows, [{ id: /./, created_at: Date }])
  t.match((await after.query('select count(*)::int as n from postern.changes')).rows, [{ n: 1 }])
})

void t.test('says which right is missing by SQLSTATE and nothing of the URL', async t => {
  const url = new URL(await server.freshDatabase())
  url.password = 'wrong-password'
  const error = await migrate(url.href).catch((error: unknown) => error)
  t.ok(error instanceof StoreError)
  t.match(error, { code: 'unavailable', sqlstate: '28P01' })
  t.notMatch(String((error as Error).stack), /wrong-password/)
})
