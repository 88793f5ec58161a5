// Provisioning on real servers: what the logins get and what they don't.

import t, { type Test } from 'tap'
import { provision, type Provisioned } from '../../src/upstream/provision.js'
import { runAs } from '../../src/upstream/run-as.js'
import { access, failed, proof, q, TABLES } from './proven.js'
import { type Server, startServer, VERSIONS, whySkip } from './servers.js'

for (const version of VERSIONS) {
  void t.test(`on Postgres ${version}`, { skip: whySkip(version) }, async t => {
    const server = await startServer(t, { version, settings: { log_statement: 'all' } })
    await t.test('a database of a superuser', t => ofASuperuser(t, server))
    await t.test('a database of a normal role', t => ofANormalRole(t, server))
    await t.test('an admin who may make roles, but is no superuser', t => byCreateRole(t, server))
    await t.test('a database of an admin who may make roles', t => ofItsAdmin(t, server))
  })
}

async function ofASuperuser(t: Test, server: Server): Promise<void> {
  await server.sql('CREATE DATABASE "Of Super"')
  await server.sql(TABLES, 'Of Super')
  const admin = access(server, 'Of Super', server.superuser)
  const { logins, notes } = await provision({ admin, name: 'acme/of-super' })
  t.match(notes, [/owner, postgres, is a superuser.*CREATE on the database/])
  t.match(await proof(server, 'Of Super', logins), { ok: true, server: { version: new RegExp(`^${server.version}`) } })

  await t.test('gives each role its rights, and no more', async t => {
    t.equal(await refused(server, 'Of Super', logins.reader, 'SELECT FROM shop.orders'), null)
    t.equal(await refused(server, 'Of Super', logins.reader, 'INSERT INTO shop.orders VALUES (1)'), '42501')
    t.equal(await refused(server, 'Of Super', logins.writer, 'INSERT INTO shop.orders VALUES (1)'), null)
    t.equal(await refused(server, 'Of Super', logins.writer, `SELECT nextval('shop.numbers')`), null)
    t.equal(await refused(server, 'Of Super', logins.writer, 'CREATE TABLE shop.more ()'), '42501')
    t.equal(await refused(server, 'Of Super', logins.admin, 'CREATE TABLE shop.more ()'), null)
    t.equal(await refused(server, 'Of Super', logins.admin, 'CREATE SCHEMA own'), null)
  })

  await t.test('has sessions end whose client is lost within a query', async t => {
    const interval = "(current_setting('client_connection_check_interval') = '1s')::int"
    for (const login of Object.values(logins))
      t.equal(await refused(server, 'Of Super', login, `SELECT 1 / ${interval}`), null)
  })

  await t.test('covers tables that are made later', async t => {
    await server.sql('CREATE SCHEMA later; CREATE TABLE later.things ()', 'Of Super')
    t.equal(await refused(server, 'Of Super', logins.reader, 'SELECT FROM later.things'), null)
  })

  await t.test('run again, gives new passwords and takes back what drifted', async t => {
    await server.sql(`ALTER ROLE ${q(logins.reader.user)} CREATEDB BYPASSRLS VALID UNTIL '2001-01-01'`)
    await server.sql(`GRANT ${q(logins.writer.user)} TO ${q(logins.reader.user)}`)
    const again = await provision({ admin, name: 'acme/of-super' })
    t.equal(again.logins.reader.user, logins.reader.user)
    t.not(again.logins.reader.password, logins.reader.password)
    t.match(await proof(server, 'Of Super', again.logins), { ok: true })
    const old = await proof(server, 'Of Super', { ...again.logins, reader: logins.reader })
    t.match(failed(old), [{ role: 'reader', check: 'login', detail: /refused the login/ }])
  })

  await t.test('tells of md5 hashes, which its logins can read, and of none else', async t => {
    t.notMatch((await provision({ admin, name: 'acme/of-super' })).notes.join(), /md5/)
    await server.sql(`SET password_encryption = 'md5'; CREATE ROLE "Old One" LOGIN PASSWORD 'x'`)
    t.match((await provision({ admin, name: 'acme/of-super' })).notes.join(), /hashes.* Those of "Old One" are md5/)
    await server.sql('DROP ROLE "Old One"')
  })

  await t.test('never sends a password to the server', async t => {
    const makePassword = () => 'a-password-to-look-for'
    await provision({ admin, name: 'acme/of-super', makePassword })
    t.match(server.log(), 'ALTER ROLE', 'statements are logged')
    t.notMatch(server.log(), makePassword())
  })
}

async function ofANormalRole(t: Test, server: Server): Promise<void> {
  await server.sql(`CREATE ROLE shop_owner LOGIN PASSWORD 'of owner'`)
  await server.sql('CREATE DATABASE owned OWNER shop_owner')
  await server.sql('REVOKE CONNECT ON DATABASE owned FROM PUBLIC')
  await server.sql(`SET ROLE shop_owner; ${TABLES}`, 'owned')
  const { logins, notes } = await provision({ admin: access(server, 'owned', server.superuser), name: 'owned' })
  t.same(notes, [])
  t.match(await proof(server, 'owned', logins), { ok: true })
  t.equal(await refused(server, 'owned', logins.admin, 'ALTER TABLE shop.orders ADD more int'), null)
  t.equal(await refused(server, 'owned', logins.admin, 'SET ROLE shop_owner; CREATE TABLE shop.more ()'), null)
  t.equal(await refused(server, 'owned', logins.writer, 'ALTER TABLE shop.orders ADD more int'), '42501')
}

async function byCreateRole(t: Test, server: Server): Promise<void> {
  await server.sql(`CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'of maker'`)
  await server.sql(`CREATE ROLE app_owner`)
  await server.sql('CREATE DATABASE made OWNER app_owner')
  await server.sql(`SET ROLE app_owner; ${TABLES}`, 'made')
  const admin = access(server, 'made', { user: 'maker', password: 'of maker' })

  if (server.version >= 16) {
    await t.test('is told which right is missing', async t => {
      const hint = /GRANT pg_read_all_data, pg_write_all_data TO "maker" WITH ADMIN OPTION/
      await t.rejects(provision({ admin, name: 'made' }), {
        name: 'ProvisionError',
        code: 'missing_right',
        message: hint,
      })
      await server.sql('GRANT pg_read_all_data, pg_write_all_data TO maker WITH ADMIN OPTION')
      const nor = /owner, app_owner\. Nor may maker give CREATE on made/
      await t.rejects(provision({ admin, name: 'made' }), { code: 'missing_right', message: nor })
      t.same(await server.sql(`SELECT rolname FROM pg_roles WHERE rolname ~ '^postern_made'`), [], 'all or nothing')
      await server.sql('GRANT app_owner TO maker WITH ADMIN OPTION')
    })
  }
  const { logins, notes } = await provision({ admin, name: 'made' })
  t.same(notes, [])
  t.match(await proof(server, 'made', logins), { ok: true })
  const again = await provision({ admin, name: 'made' })
  t.match(await proof(server, 'made', again.logins), { ok: true })
  t.equal(await refused(server, 'made', again.logins.admin, 'DROP TABLE shop.orders'), null)
}

async function ofItsAdmin(t: Test, server: Server): Promise<void> {
  await server.sql(`CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'of landlord'`)
  await server.sql('GRANT pg_read_all_data, pg_write_all_data TO landlord WITH ADMIN OPTION')
  await server.sql('CREATE DATABASE house OWNER landlord')
  await server.sql(`SET ROLE landlord; ${TABLES}`, 'house')
  const admin = access(server, 'house', { user: 'landlord', password: 'of landlord' })
  const { logins, notes }: Provisioned = await provision({ admin, name: 'house' })
  t.match(notes, [/landlord.*The admin login has CREATE on the database/])
  t.match(await proof(server, 'house', logins), { ok: true })

  await server.sql('CREATE ROLE nothing LOGIN')
  await server.sql(`ALTER ROLE nothing PASSWORD 'of nothing'`)
  const nobody = access(server, 'house', { user: 'nothing', password: 'of nothing' })
  await t.rejects(provision({ admin: nobody, name: 'house' }), {
    code: 'missing_right',
    message: /"nothing" CREATEROLE/,
  })
}

/** Runs SQL as a login, in a transaction that is rolled back; returns the SQLSTATE it is refused with, or null. */
async function refused(server: Server, dbname: string, login: { user: string; password: string }, sql: string) {
  try {
    await runAs(access(server, dbname, login), ({ run }) => run(`BEGIN; ${sql}`))
    return null
  } catch (error) {
    return (error as { sqlstate?: string }).sqlstate
  }
}
