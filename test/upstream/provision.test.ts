// Provisioning and proof on real servers: what the logins get, what they don't, and that drift is found.

import t, { type Test } from 'tap'
import { loginName } from '../../src/upstream/login-names.js'
import { type Finding, prove, type Proof } from '../../src/upstream/prove.js'
import { type Logins, provision, type Provisioned } from '../../src/upstream/provision.js'
import { type Access, runAs } from '../../src/upstream/run-as.js'
import { type Server, startServer, VERSIONS, whySkip } from './servers.js'

for (const version of VERSIONS) {
  void t.test(`on Postgres ${version}`, { skip: whySkip(version) }, async t => {
    const server = await startServer(t, { version, settings: { log_statement: 'all' } })
    await t.test('a database of a superuser', t => ofASuperuser(t, server))
    await t.test('a database of a normal role', t => ofANormalRole(t, server))
    await t.test('an admin who may make roles, but is no superuser', t => byCreateRole(t, server))
    await t.test('a database of an admin who may make roles', t => ofItsAdmin(t, server))
    await t.test('drift', t => drift(t, server))
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

async function drift(t: Test, server: Server): Promise<void> {
  await server.sql('CREATE DATABASE adrift')
  await server.sql(TABLES, 'adrift')
  const admin = access(server, 'adrift', server.superuser)
  const { logins } = await provision({ admin, name: 'adrift' })
  const [reader, writer] = [q(logins.reader.user), q(logins.writer.user)]
  t.match(await proof(server, 'adrift', logins), { ok: true })

  const finds = async (change: string, undo: string, expected: readonly Partial<Finding>[]) => {
    await server.sql(change, 'adrift')
    const seen = failed(await proof(server, 'adrift', logins))
    await server.sql(undo, 'adrift')
    for (const finding of expected)
      t.ok(
        seen.some(one => matches(one, finding)),
        change,
        { seen, finding },
      )
  }
  await finds(`GRANT INSERT ON shop.orders TO ${reader}`, `REVOKE INSERT ON shop.orders FROM ${reader}`, [
    { role: 'reader', check: 'write', detail: 'can change shop.orders' },
  ])
  await finds(`GRANT UPDATE (id) ON shop.orders TO PUBLIC`, `REVOKE UPDATE (id) ON shop.orders FROM PUBLIC`, [
    { role: 'reader', check: 'write' },
  ])
  await finds(
    `GRANT USAGE ON SEQUENCE shop.numbers TO ${reader}`,
    `REVOKE ALL ON SEQUENCE shop.numbers FROM ${reader}`,
    [{ role: 'reader', check: 'write', detail: 'can change shop.numbers' }],
  )
  await finds(`ALTER TABLE shop.orders OWNER TO ${reader}`, 'ALTER TABLE shop.orders OWNER TO postgres', [
    { role: 'reader', check: 'write' },
  ])
  await finds(`GRANT ${writer} TO ${reader}`, `REVOKE ${writer} FROM ${reader}`, [
    { role: 'reader', check: 'memberships', detail: `is a member of ${logins.writer.user}` },
    { role: 'reader', check: 'become', detail: `SET ROLE ${logins.writer.user} works` },
    { role: 'reader', check: 'write' },
  ])
  await finds(`GRANT pg_write_all_data TO ${reader}`, `REVOKE pg_write_all_data FROM ${reader}`, [
    { role: 'reader', check: 'memberships' },
    { role: 'reader', check: 'write' },
  ])
  await finds(`GRANT pg_execute_server_program TO ${writer}`, `REVOKE pg_execute_server_program FROM ${writer}`, [
    { role: 'writer', check: 'memberships' },
  ])
  await finds(`GRANT postgres TO ${writer}`, `REVOKE postgres FROM ${writer}`, [
    { role: 'writer', check: 'memberships', detail: 'can become postgres, which has special attributes' },
  ])
  await finds(`GRANT pg_monitor TO ${reader} WITH ADMIN OPTION`, `REVOKE pg_monitor FROM ${reader}`, [
    { role: 'reader', check: 'memberships', detail: 'may grant pg_monitor to others' },
  ])
  await finds(`ALTER ROLE ${reader} CREATEDB`, `ALTER ROLE ${reader} NOCREATEDB`, [
    { role: 'reader', check: 'attributes', detail: 'has CREATEDB' },
  ])
  await finds(`ALTER ROLE ${reader} SUPERUSER`, `ALTER ROLE ${reader} NOSUPERUSER`, [
    { role: 'reader', check: 'attributes', detail: 'has SUPERUSER' },
    { role: 'reader', check: 'become' },
  ])
  await finds('GRANT CREATE ON SCHEMA public TO PUBLIC', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC', [
    { role: 'reader', check: 'create' },
    { role: 'writer', check: 'create' },
  ])
  await finds(`REVOKE pg_read_all_data FROM ${reader}`, `GRANT pg_read_all_data TO ${reader}`, [
    { role: 'reader', check: 'read', detail: 'can read none of 1 tables and views' },
  ])
  await finds(`REVOKE pg_write_all_data FROM ${writer}`, `GRANT pg_write_all_data TO ${writer}`, [
    { role: 'writer', check: 'write', detail: 'can change no table' },
  ])
  await finds(`ALTER ROLE ${reader} NOLOGIN`, `ALTER ROLE ${reader} LOGIN`, [{ role: 'reader', check: 'login' }])
  await finds('REVOKE ALL ON DATABASE adrift FROM PUBLIC, ' + reader, 'GRANT CONNECT ON DATABASE adrift TO ' + reader, [
    { role: 'reader', check: 'login' },
  ])
  t.match(await proof(server, 'adrift', logins), { ok: true }, 'and all is well again')
  const same = await proof(server, 'adrift', { ...logins, reader: logins.writer })
  t.ok(
    failed(same).some(one => matches(one, { role: 'reader', check: 'become' })),
    'one login for two roles',
  )
}

const TABLES = 'CREATE SCHEMA shop; CREATE TABLE shop.orders (id int); CREATE SEQUENCE shop.numbers'

function access({ target }: Server, dbname: string, login: { user: string; password: string }): Access {
  return { target, dbname, ...login }
}

function proof({ target }: Server, dbname: string, logins: Logins): Promise<Proof> {
  return prove({ target, dbname, logins })
}

function failed({ findings }: Proof): Finding[] {
  return findings.filter(({ ok }) => !ok)
}

function matches(finding: Finding, { role, check, detail = '' }: Partial<Finding>): boolean {
  return finding.role === role && finding.check === check && finding.detail.includes(detail)
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

function q(name: string): string {
  return `"${name}"`
}

void t.test('login names', async t => {
  await t.test('tell name and role, when they can', async t => {
    t.equal(loginName('shop', 'reader'), 'postern_shop_reader')
    t.equal(loginName('shop_2', 'admin'), 'postern_shop_2_admin')
  })

  await t.test('are cut to 63 bytes and stay apart', async t => {
    const long = 'x'.repeat(62)
    const names = ['a/b', 'a-b', 'a_b', long, `${long}x`, `${long}/${long}`, `${long}/${long}x`]
    const made = names.flatMap(name => [loginName(name, 'reader'), loginName(name, 'writer')])
    t.equal(new Set(made).size, made.length)
    for (const name of made) t.match(name, /^postern_[a-z0-9_$]{1,55}$/)
    t.equal(loginName('a/b', 'reader'), 'postern_a_b$c14cddc033f6_reader', 'and stay the same for good')
  })
})
