// The proof finds what has drifted: everything that gives a login more than it should have, or less.

import t, { type Test } from 'tap'
import type { Finding } from '../../src/upstream/prove.js'
import { provision } from '../../src/upstream/provision.js'
import { access, failed, proof, q, TABLES } from './proven.js'
import { type Server, startServer, VERSIONS, whySkip } from './servers.js'

for (const version of VERSIONS) {
  void t.test(`finds drift on Postgres ${version}`, { skip: whySkip(version) }, async t => {
    await drift(t, await startServer(t, { version }))
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
  const harmless = 'pg_read_all_settings'
  await finds(`GRANT ${harmless} TO ${reader} WITH ADMIN OPTION`, `REVOKE ${harmless} FROM ${reader}`, [
    { role: 'reader', check: 'memberships', detail: `may grant ${harmless} to others` },
  ])
  const newer = server.version >= 17
  for (const role of ['pg_signal_backend', 'pg_monitor', 'pg_read_all_stats', ...(newer ? ['pg_maintain'] : [])]) {
    await finds(`GRANT ${role} TO ${writer}`, `REVOKE ${role} FROM ${writer}`, [
      { role: 'writer', check: 'memberships', detail: `is a member of ${role}` },
    ])
  }
  for (const privilege of ['REFERENCES', 'REFERENCES (id)', ...(newer ? ['MAINTAIN'] : [])]) {
    await finds(`GRANT ${privilege} ON shop.orders TO ${reader}`, `REVOKE ${privilege} ON shop.orders FROM ${reader}`, [
      { role: 'reader', check: 'write', detail: 'can change shop.orders' },
    ])
  }
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
  await server.sql(`ALTER ROLE ${reader} SET search_path = shop`, 'adrift')
  const { findings } = await proof(server, 'adrift', logins)
  const settings = { role: 'reader', check: 'attributes', detail: 'sets search_path by itself' } as const
  t.ok(
    findings.some(one => matches(one, settings)),
    'defaults that a session gave its login',
    { findings },
  )
  const same = await proof(server, 'adrift', { ...logins, reader: logins.writer })
  t.ok(
    failed(same).some(one => matches(one, { role: 'reader', check: 'become' })),
    'one login for two roles',
  )
}

function matches(finding: Finding, { role, check, detail = '' }: Partial<Finding>): boolean {
  return finding.role === role && finding.check === check && finding.detail.includes(detail)
}
