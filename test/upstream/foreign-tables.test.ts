// The proof names the foreign tables that lead a login out of its database, and the SQL of its hint ends that.

import pg from 'pg'
import t, { type Test } from 'tap'
import { provision } from '../../src/upstream/provision.js'
import { prove, type Finding } from '../../src/upstream/prove.js'
import { access, q } from './proven.js'
import { type Server, startServer, VERSIONS, whySkip } from './servers.js'

for (const version of VERSIONS) {
  const about = { skip: whySkip(version), timeout: 300_000 }
  void t.test(
    `foreign tables, whose server and wrapper the login may not use, on Postgres ${version}`,
    about,
    async t => {
      const server = await startServer(t, { version })
      await server.sql('CREATE DATABASE "The Store"')
      await reportsForeignTables(t, server)
    },
  )
}

async function reportsForeignTables(t: Test, server: Server): Promise<void> {
  await server.sql('CREATE DATABASE mall')
  await server.sql('CREATE TABLE secrets (id int); INSERT INTO secrets VALUES (1)', 'The Store')
  const { logins } = await provision({ admin: access(server, 'mall', server.superuser), name: 'mall' })
  const plain = { user: 'plain login', password: 'of the plain login' }
  await server.sql(`CREATE ROLE ${q(plain.user)} LOGIN NOINHERIT PASSWORD '${plain.password}'; CREATE ROLE team`)
  const sql = (text: string) => server.sql(text, 'mall')
  const { port } = server.target
  const login = `OPTIONS (user '${server.superuser.user}', password '${server.superuser.password}')`
  await sql(`
    CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC;
    CREATE SERVER "The Store" FOREIGN DATA WRAPPER postgres_fdw
      OPTIONS (host '127.0.0.1', port '${port}', dbname 'The Store');
    CREATE FOREIGN TABLE s.secrets (id int) SERVER "The Store" OPTIONS (schema_name 'public')`)

  const network = async (by: { user: string; password: string }): Promise<Finding | undefined> => {
    const proof = await prove({ target: server.target, dbname: 'mall', logins: { ...logins, reader: by } })
    return proof.findings.find(finding => finding.role === 'reader' && finding.check === 'network')
  }
  const reads = async (by: { user: string; password: string }, text: string): Promise<boolean> => {
    const client = new pg.Client({ host: '127.0.0.1', port, database: 'mall', ...by })
    await client.connect()
    return client
      .query(text)
      .then(() => true)
      .catch(() => false)
      .finally(() => client.end())
  }
  /** Expects that after `open` the query works and is reported, and after the SQL of the hint neither. */
  const finds = async (by: { user: string; password: string }, query: string, open: string, expected: object) => {
    // What a test prints is searched for secrets, the superuser's password among them.
    const opened = open.replaceAll(login, 'OPTIONS (…)')
    await sql(open)
    t.equal(await reads(by, query), true, query)
    const finding = await network(by)
    t.match(finding, expected, opened)
    await sql(finding?.hint ?? '')
    t.equal(await reads(by, query), false, `${query} after ${finding?.hint}`)
    t.match(await network(by), { detail: 'opens no connections from the server', hint: null }, `after ${opened}`)
  }

  const query = 'SELECT id FROM s.secrets'
  const detail = 'may open connections from the server, by foreign tables s.secrets'
  const ofPublic = `CREATE USER MAPPING FOR PUBLIC SERVER "The Store" ${login}`
  const expected = { ok: true, detail, hint: 'DROP USER MAPPING FOR PUBLIC SERVER "The Store";' }
  await finds(logins.reader, query, ofPublic, expected)
  await finds(plain, query, `${ofPublic}; GRANT SELECT ON s.secrets TO ${q(plain.user)}`, expected)
  await sql('REVOKE ALL ON s.secrets FROM PUBLIC, "plain login"')
  await finds(plain, query, `${ofPublic}; GRANT SELECT (id) ON s.secrets TO PUBLIC`, expected)
  await sql('REVOKE ALL ON s.secrets FROM PUBLIC')
  await finds(plain, 'INSERT INTO s.secrets VALUES (2)', `${ofPublic}; GRANT INSERT ON s.secrets TO PUBLIC`, expected)
  await finds(
    plain,
    'INSERT INTO s.secrets VALUES (2)',
    `CREATE USER MAPPING FOR ${q(plain.user)} SERVER "The Store" ${login}`,
    {
      detail,
      hint: 'DROP USER MAPPING FOR "plain login" SERVER "The Store";',
    },
  )
  await sql('REVOKE ALL ON s.secrets FROM PUBLIC')

  const asTeam = `SET ROLE team; ${query}`
  await finds(
    plain,
    asTeam,
    `CREATE USER MAPPING FOR team SERVER "The Store" ${login}; GRANT SELECT ON s.secrets TO team; GRANT team TO ${q(plain.user)}`,
    { detail, hint: 'DROP USER MAPPING FOR team SERVER "The Store";' },
  )

  await finds(
    plain,
    'SELECT id FROM s.parts',
    `${ofPublic}; CREATE TABLE s.parts (id int) PARTITION BY RANGE (id); GRANT SELECT ON s.parts TO PUBLIC;
     CREATE FOREIGN TABLE s.part PARTITION OF s.parts DEFAULT SERVER "The Store" OPTIONS (schema_name 'public', table_name 'secrets')`,
    { detail: 'may open connections from the server, by foreign tables s.part', hint: expected.hint },
  )
  await sql('DROP TABLE s.parts')

  await sql('CREATE SERVER files FOREIGN DATA WRAPPER file_fdw')
  const aFile = `CREATE FOREIGN TABLE s."a file" (line text) SERVER files OPTIONS (filename '/etc/hostname')`
  const byFile = 'may leave the database, by foreign tables s."a file" (file_fdw)'
  const ofFile = 'SELECT * FROM s."a file"'
  await finds(
    plain,
    ofFile,
    `${aFile}; GRANT SELECT ON s."a file" TO PUBLIC; GRANT SELECT (line) ON s."a file" TO team`,
    {
      detail: byFile,
      hint: 'REVOKE ALL ON TABLE s."a file" FROM PUBLIC, team;',
    },
  )
  await sql('DROP FOREIGN TABLE s."a file"')
  await finds(logins.reader, ofFile, aFile, { detail: byFile, hint: 'DROP FOREIGN TABLE s."a file";' })

  const many = Array.from({ length: 70 }, (_, n) => `CREATE FOREIGN TABLE s.t${100 + n} (id int) SERVER "The Store"`)
  await sql(many.join(';'))
  await finds(logins.reader, query, ofPublic, {
    detail:
      'may open connections from the server, by foreign tables s.secrets, s.t100, s.t101, s.t102, s.t103 and 66 more',
    hint: expected.hint,
  })
}
