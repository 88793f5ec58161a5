// What the proof says of the world outside of the database: the store is recognized by identity, and network access is reported.

import t, { type Test } from 'tap'
import { provision } from '../../src/upstream/provision.js'
import { prove, type Finding } from '../../src/upstream/prove.js'
import type { StoreIdentity } from '../../src/upstream/store-identity.js'
import { access, q } from './proven.js'
import { type Server, startServer, VERSIONS, whySkip } from './servers.js'

for (const version of VERSIONS) {
  void t.test(`on Postgres ${version}`, { skip: whySkip(version), timeout: 300_000 }, async t => {
    const server = await startServer(t, { version })
    await server.sql('CREATE DATABASE shop')
    await server.sql('CREATE DATABASE "The Store"')
    await t.test('the store', t => recognizesTheStore(t, server))
    await t.test('foreign servers', t => reportsForeignServers(t, server))
    await t.test('rights that another role than the owner granted', t => revokesAsGrantor(t, server))
  })
}

async function recognizesTheStore(t: Test, server: Server): Promise<void> {
  const admin = access(server, 'shop', server.superuser)
  const { logins } = await provision({ admin, name: 'shop' })
  const [row] = await server.sql(
    `SELECT system_identifier::text AS "systemIdentifier", oid::text AS oid, datname AS dbname,
            extract(epoch FROM pg_postmaster_start_time())::text AS "startedAt"
       FROM pg_control_system(), pg_database WHERE datname = 'The Store'`,
  )
  const known = row as unknown as StoreIdentity
  const ofReader = async (store: StoreIdentity) => {
    const { findings } = await prove({ target: server.target, dbname: 'shop', logins, store })
    return findings.find(({ role, check }) => role === 'reader' && check === 'store')
  }
  const open = {
    ok: false,
    detail: /may connect to The Store/,
    hint: 'REVOKE CONNECT ON DATABASE "The Store" FROM PUBLIC;',
  }
  const elsewhere = { ok: true, detail: "Postern's store is on another server", hint: null }
  t.match(await ofReader(known), open)
  t.match(
    await ofReader({ ...known, startedAt: '1.000000' }),
    open,
    'a copy of the server, such as a standby, holds it too',
  )
  t.match(await ofReader({ ...known, systemIdentifier: '1' }), elsewhere)
  t.match(await ofReader({ ...known, systemIdentifier: null }), open, 'known by its start')
  t.match(await ofReader({ ...known, systemIdentifier: null, startedAt: '1.000000' }), elsewhere)

  await server.sql('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC', 'shop')
  t.match(await ofReader(known), open, 'although its login may not read the identifier')
  t.match(await ofReader({ ...known, startedAt: '1.000000' }), elsewhere)

  await server.sql('REVOKE CONNECT ON DATABASE "The Store" FROM PUBLIC')
  t.match(await ofReader(known), { ok: true, detail: /cannot connect to Postern's store/, hint: null })
  await server.sql(
    `CREATE ROLE staff; GRANT CONNECT ON DATABASE "The Store" TO staff; GRANT staff TO ${q(logins.reader.user)}`,
  )
  t.match(await ofReader(known), { ...open, hint: 'REVOKE CONNECT ON DATABASE "The Store" FROM staff;' })

  const store = { ...known, dbname: 'shop', oid: ((await server.sql(OID_OF_SHOP))[0] as { oid: string }).oid }
  await t.rejects(provision({ admin, name: 'self', store }), { code: 'is_store' })
  t.same(await server.sql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern_self%'"), [])
}

const OID_OF_SHOP = "SELECT oid::text AS oid FROM pg_database WHERE datname = 'shop'"

async function reportsForeignServers(t: Test, server: Server): Promise<void> {
  const { logins } = await provision({ admin: access(server, 'shop', server.superuser), name: 'shop' })
  const network = async (role: string): Promise<Finding | undefined> => {
    const { findings } = await prove({ target: server.target, dbname: 'shop', logins })
    return findings.find(finding => finding.role === role && finding.check === 'network')
  }
  await server.sql('CREATE EXTENSION postgres_fdw; CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw', 'shop')
  t.match(await network('writer'), { ok: true, detail: 'opens no connections from the server', hint: null })
  await server.sql('GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO PUBLIC', 'shop')
  await server.sql(`GRANT USAGE ON FOREIGN SERVER elsewhere TO ${q(logins.writer.user)}`, 'shop')
  t.match(await network('reader'), {
    detail: 'may open connections from the server, by foreign-data wrappers postgres_fdw',
    hint: 'REVOKE USAGE ON FOREIGN DATA WRAPPER postgres_fdw FROM PUBLIC;',
  })
  t.match(await network('writer'), {
    ok: true,
    detail: /by foreign-data wrappers postgres_fdw, by foreign servers elsewhere$/,
    hint: `REVOKE USAGE ON FOREIGN DATA WRAPPER postgres_fdw FROM PUBLIC; REVOKE USAGE ON FOREIGN SERVER elsewhere FROM ${logins.writer.user};`,
  })
}

async function revokesAsGrantor(t: Test, server: Server): Promise<void> {
  await server.sql('CREATE DATABASE kiosk')
  await server.sql('CREATE DATABASE "next door"')
  const { logins } = await provision({ admin: access(server, 'kiosk', server.superuser), name: 'kiosk' })
  const databases = async (): Promise<Finding | undefined> => {
    const { findings } = await prove({ target: server.target, dbname: 'kiosk', logins })
    return findings.find(({ role, check }) => role === 'reader' && check === 'databases')
  }
  await server.sql(`CREATE ROLE "a third"; GRANT CONNECT ON DATABASE "next door" TO "a third" WITH GRANT OPTION;
    SET ROLE "a third"; GRANT CONNECT ON DATABASE "next door" TO PUBLIC, ${q(logins.reader.user)}`)
  const found = await databases()
  t.match(found, {
    detail: /"next door"/,
    hint: new RegExp(
      `REVOKE CONNECT ON DATABASE .*"next door".* FROM PUBLIC; .*` +
        `SET ROLE "a third"; REVOKE CONNECT ON DATABASE "next door" FROM PUBLIC, ${logins.reader.user}; RESET ROLE;`,
    ),
  })
  await server.sql(found?.hint ?? '')
  t.match(await databases(), { detail: 'may connect to no other database of the server', hint: null })
}
