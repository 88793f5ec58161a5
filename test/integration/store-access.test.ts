// The store shares a server with a registered database: no login of that database enters the store, neither directly nor by a
// connection that the server opens; registrations that could are refused; and the store is never taken for a database.

import pg from 'pg'
import t, { type Test } from 'tap'
import { createPostern } from '../../src/sdk/client.js'
import { addDatabase } from '../../src/store/databases.js'
import { withTransaction } from '../../src/store/transaction.js'
import { runCli } from '../cli/world-cli.js'
import { asTestServer, startServer, VERSIONS, whySkip } from '../upstream/servers.js'
import { makeWorld, type World } from '../support/world.js'

for (const version of VERSIONS) {
  void t.test(`on Postgres ${version}`, { skip: whySkip(version), timeout: 600_000 }, async t => {
    const settings = { listen_addresses: '127.0.0.1,::1' }
    const server = await startServer(t, { version, settings })
    const world = await makeWorld(t, { server: asTestServer(server), only: 'both' })
    const stage = { world, socketDir: server.socketDir, token: (await world.key(world.admin)).token }
    await t.test('dblink', t => throughDblink(t, stage))
    await t.test('checks', t => checks(t, stage))
    await t.test('the store as a database', t => storeAsDatabase(t, stage))
  })
}

interface Stage {
  readonly world: World
  readonly socketDir: string
  readonly token: string
}

async function throughDblink(t: Test, { world }: Stage): Promise<void> {
  await asSuperuser(world.direct, 'create extension if not exists dblink')
  const writer = new pg.Client(world.uri(await world.account({ role: 'writer' })))
  await writer.connect()
  t.teardown(() => writer.end())
  const { rows } = await writer.query<{ who: string }>('select current_user as who')
  const who = rows[0]?.who ?? ''
  // Every role may set its own password: here to one that it knows.
  await writer.query("alter role current_user password 'mine'")
  const dbname = new URL(world.storeUrl).pathname.slice(1)
  const { host, port } = world.server
  const target = `host=${host} port=${port} user=${who} password=mine dbname=${dbname}`
  await t.rejects(writer.query('select * from dblink($1, $2) as (n int)', [target, 'select 1']), {
    code: '08001',
    detail: /permission denied for database/,
  })
  const direct = new pg.Client({ host, port, user: who, password: 'mine', database: dbname })
  await t.rejects(direct.connect(), { code: '42501' })
  const login = world.instance.knowledge.databases
  const { value } = await login.get(world.database.id)
  const password = value?.logins.writer.password ?? ''
  await asSuperuser(world.direct, `alter role ${pg.escapeIdentifier(who)} password ${pg.escapeLiteral(password)}`)
}

async function checks(t: Test, { world, token }: Stage): Promise<void> {
  const postern = createPostern({ url: world.instance.api ?? '', token })
  const check = async () => {
    const { data } = await postern.POST('/v1/databases/{name}/check', { params: { path: { name: 'shop' } } })
    return data
  }
  const store = pg.escapeIdentifier(new URL(world.storeUrl).pathname.slice(1))
  const revoke = `REVOKE CONNECT ON DATABASE ${store.replaceAll('"', '')} FROM PUBLIC;`

  await t.test(
    'hold while the store is closed, and name other databases and dblink with the SQL that closes them',
    async t => {
      const { ok, findings } = await check()
      t.equal(ok, true)
      t.match(
        findings.filter(({ role, check }) => role === 'reader' && ['store', 'databases', 'network'].includes(check)),
        [
          { check: 'store', ok: true, detail: /cannot connect to Postern's store, .* same server/, hint: null },
          {
            check: 'databases',
            ok: true,
            detail: /postgres, template1$/,
            hint: /^REVOKE CONNECT ON DATABASE .*postgres, template1 FROM PUBLIC;$/,
          },
          {
            check: 'network',
            ok: true,
            detail: /dblink/,
            hint: /^REVOKE EXECUTE ON FUNCTION .*public\.dblink\(text\).* FROM PUBLIC;$/,
          },
        ],
      )
      const env = { POSTERN_API_URL: world.instance.api ?? '', POSTERN_API_KEY: token }
      const ran = await runCli('database check shop', { env })
      t.match(ran, { code: 0, out: /\nreader, writer, admin databases +may connect to other databases/ })
      t.match(ran.out.replace(/\s+/g, ' '), /REVOKE CONNECT ON DATABASE .*FROM PUBLIC;/)
      for (const { hint } of findings) if (hint !== null) await asSuperuser(world.direct, hint)
      t.same(
        (await check()).findings.filter(({ hint }) => hint !== null),
        [],
        'the SQL ends what it is given for',
      )
    },
  )

  await t.test('fail while a login may enter the store', async t => {
    await asSuperuser(world.storeUrl, `grant connect on database ${store} to public`)
    const { ok, findings } = await check()
    t.equal(ok, false)
    for (const role of ['reader', 'writer', 'admin']) {
      t.match(
        findings.filter(finding => finding.role === role && !finding.ok),
        [{ check: 'store', detail: /may connect to \w+, Postern's store/, hint: revoke }],
      )
    }
    const url = await world.server.freshDatabase()
    const { error } = await postern.POST('/v1/databases', { body: { name: 'more', url, provision: true } }).then(
      () => ({ error: null }),
      (error: unknown) => ({ error }),
    )
    t.match(error, { code: 'proof_failed', message: /reader: store: may connect to .*REVOKE CONNECT/ })
    await asSuperuser(world.storeUrl, revoke)
    t.match(await check(), { ok: true })
  })
}

async function storeAsDatabase(t: Test, { world, socketDir, token }: Stage): Promise<void> {
  const postern = createPostern({ url: world.instance.api ?? '', token })
  const { user, password } = world.server.superuser
  const { port } = world.server
  const dbname = new URL(world.storeUrl).pathname.slice(1)
  const authority = `${user}:${encodeURIComponent(password)}@`
  const aliases = [
    world.storeUrl,
    `postgres://${authority}localhost:${port}/${dbname}`,
    `postgres://${authority}127.0.0.1:${port}/?dbname=${dbname}`,
    `postgres://${authority}[::1]:${port}/${dbname}`,
    `postgres://${authority}/${dbname}?host=${encodeURIComponent(socketDir)}&port=${port}`,
  ]
  const login = { user, password }
  const logins = { reader: login, writer: login, admin: login }
  const rolesBefore = await world.store.run('count roles', 'select rolname from pg_roles order by 1')
  for (const url of aliases) {
    for (const how of [{ provision: true }, { logins }]) {
      const adding = postern.POST('/v1/databases', { body: { name: 'self', url, ...how } })
      await t.rejects(adding, { code: 'database_is_store' }, url.slice(url.indexOf('@')))
    }
  }
  t.same(await world.store.run('count roles', 'select rolname from pg_roles order by 1'), rolesBefore)

  const { sealer } = world.instance.knowledge
  const address = { host: '127.0.0.1', port, dbname, sslMode: 'disable', sslRootCert: null } as const
  await withTransaction(world.store, tx =>
    addDatabase(tx, sealer, { ...address, name: 'self', announce: true, logins }),
  )
  const { data } = await postern.POST('/v1/databases/{name}/check', { params: { path: { name: 'self' } } })
  t.equal(data.ok, false)
  t.match(
    data.findings.filter(({ check }) => check === 'store'),
    ['reader', 'writer', 'admin'].map(role => ({ role, ok: false, detail: "this database is Postern's store" })),
  )
}

async function asSuperuser(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(sql).finally(() => client.end())
}
