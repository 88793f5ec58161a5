// The ways into Postern with psql: TLS modes, where the password comes from, and every no.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { addDatabase } from '../../src/store/databases.js'
import { withTransaction } from '../../src/store/transaction.js'
import type { LISTENERS } from '../support/world.js'
import { psql, withoutPsql } from './psql.js'
import { environment, makeShop } from './shop.js'

type Listener = (typeof LISTENERS)[number]
type Variables = Record<`PG${string}`, string>

void t.test('logins of psql', { skip: withoutPsql }, async t => {
  const shop = await makeShop(t)
  const dir = await mkdtemp(join(tmpdir(), 'postern-psql-login-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = async (name: string, text: string) => {
    await writeFile(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const as = (variables: Variables, listener?: Listener) => environment(shop, shop.reader, variables, listener)

  void t.test('every sslmode gets in where it can, encrypted where it asks for it', async t => {
    const inTls = /SSL connection \(protocol: TLSv1\.3/
    const cases: [Listener, string, 'tls' | 'clear'][] = [
      ['scram', 'disable', 'clear'],
      ['scram', 'allow', 'clear'],
      ['scram', 'prefer', 'tls'],
      ['scram', 'require', 'tls'],
      ['scram', 'verify-ca', 'tls'],
      ['scram', 'verify-full', 'tls'],
      ['tlsOnly', 'allow', 'tls'],
      ['tlsOnly', 'verify-full', 'tls'],
      ['noTls', 'prefer', 'clear'],
      ['password', 'verify-full', 'tls'],
    ]
    for (const [listener, PGSSLMODE, expected] of cases) {
      const { code, stdout } = await psql(as({ PGSSLMODE }, listener), '\\conninfo')
      t.match({ code, stdout: inTls.test(stdout) ? 'tls' : 'clear' }, { code: 0, stdout: expected }, PGSSLMODE)
    }
  })

  void t.test('verify-full checks the name as well as the authority', async t => {
    const named = await psql(as({ PGHOST: 'localhost', PGHOSTADDR: '127.0.0.1' }), 'select 1')
    t.equal(named.code, 0)
    const misnamed = await psql(as({ PGHOST: 'db.example.com', PGHOSTADDR: '127.0.0.1' }), 'select 1')
    t.match(misnamed, { code: 2, stderr: /does not match host name "db.example.com"/ })
  })

  void t.test('psql turns away when another authority signed', async t => {
    const { caFile } = await ensureCertificates(join(dir, 'other'))
    const { code, stderr } = await psql(as({ PGSSLROOTCERT: caFile }), 'select 1')
    t.equal(code, 2)
    t.match(stderr, /certificate verify failed/)
  })

  void t.test('the channel is bound under TLS, and psql refuses to go without where it must', async t => {
    t.equal((await psql(as({ PGCHANNELBINDING: 'require' }), 'select 1')).code, 0)
    const cleartext = await psql(as({ PGCHANNELBINDING: 'require' }, 'password'), 'select 1')
    t.match(cleartext, { code: 2, stderr: /channel binding/ })
    const inTheClear = await psql(as({ PGCHANNELBINDING: 'require', PGSSLMODE: 'disable' }), 'select 1')
    t.match(inTheClear, { code: 2, stderr: /channel binding/ })
  })

  void t.test('takes the token from PGPASSWORD, a password file or a service file', async t => {
    const { PGHOST, PGPORT, PGSSLROOTCERT } = as({})
    const { PGPASSWORD: _, ...withoutToken } = as({})
    const { name, token } = shop.reader
    const PGPASSFILE = await file('pgpass', `# tokens\n${PGHOST}:${PGPORT}:shop:${name}:${token}\n`)
    const service = { host: PGHOST, port: PGPORT, dbname: 'shop', user: name, password: token }
    const lines = Object.entries({ ...service, sslmode: 'verify-full', sslrootcert: PGSSLROOTCERT })
    const PGSERVICEFILE = await file('services', `[shop]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`)
    const uri = `postgresql://${name}:${token}@${PGHOST}:${PGPORT}/shop?sslmode=verify-full&sslrootcert=${PGSSLROOTCERT}`

    t.equal((await psql(withoutToken, 'select 1')).code, 2, 'none')
    t.equal((await psql(as({}), 'select 1')).code, 0, 'PGPASSWORD')
    t.equal((await psql({ ...withoutToken, PGPASSFILE }, 'select 1')).code, 0, 'PGPASSFILE')
    t.equal((await psql({ PGSERVICEFILE, PGSERVICE: 'shop' }, 'select 1')).code, 0, 'PGSERVICE')
    t.equal((await psql({}, 'select 1', { args: ['-d', uri] })).code, 0, 'URI')
  })

  void t.test('the database defaults to the user', async t => {
    const namesake = await shop.world.account({ name: 'shop' })
    const { PGDATABASE: _, ...env } = environment(shop, namesake)
    t.equal((await psql(env, 'select current_user')).stdout, `${shop.logins.reader}\n`)
    const { PGDATABASE: __, ...stranger } = as({})
    t.match(await psql(stranger, 'select 1'), { code: 2, stderr: /no such database/ })
  })

  void t.test('an unknown account, a wrong token and a revoked key are told in the same words', async t => {
    const former = await shop.world.account({ name: 'former' })
    await shop.world.revoke(former)
    const told = []
    for (const variables of [
      { PGUSER: 'nobody' },
      { PGPASSWORD: shop.writer.token },
      { PGPASSWORD: 'swordfish' },
      { PGUSER: former.name, PGPASSWORD: former.token },
    ]) {
      const { code, stderr } = await psql(as(variables), 'select 1')
      t.equal(code, 2)
      told.push(stderr.replace(/Reference: \S+/, 'Reference: …'))
    }
    t.match(told[0], /FATAL: {2}password authentication failed\nDETAIL: {2}Reference: …\nHINT: {2}Use the account/)
    t.equal(new Set(told).size, 1)
  })

  void t.test('an unknown database and one without a grant are told in the same words', async t => {
    const { store, instance, database } = shop.world
    const login = { user: 'nobody', password: 'never sent' }
    const logins = { reader: login, writer: login, admin: login }
    await withTransaction(store, tx =>
      addDatabase(tx, instance.knowledge.sealer, { ...database, name: 'vault', logins }),
    )
    const told = []
    for (const PGDATABASE of ['nowhere', 'vault', database.dbname]) {
      const { code, stderr } = await psql(as({ PGDATABASE }), 'select 1')
      t.equal(code, 2)
      told.push(stderr.replace(/Reference: \S+/, 'Reference: …'))
    }
    t.match(told[0], /FATAL: {2}no such database, or the account may not use it\nDETAIL: {2}Reference: …\nHINT/)
    t.equal(new Set(told).size, 1)
  })

  void t.test('a listener that requires TLS says so to those who come without', async t => {
    const { code, stderr } = await psql(as({ PGSSLMODE: 'disable' }, 'tlsOnly'), 'select 1')
    t.equal(code, 2)
    t.match(stderr, /FATAL: {2}this listener requires TLS[^]*sslmode=require/)
    const noTls = await psql(as({ PGSSLMODE: 'require' }, 'noTls'), 'select 1')
    t.match(noTls, { code: 2, stderr: /server does not support SSL/ })
  })

  void t.test('replication is refused', async t => {
    for (const replication of ['database', 'true']) {
      const { code, stderr } = await psql(as({}), 'select 1', {
        args: ['-d', `dbname=shop replication=${replication}`],
      })
      t.equal(code, 2)
      t.match(stderr, /FATAL: {2}replication connections are not supported/)
    }
  })
})
