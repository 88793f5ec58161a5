// Connection strings, read back by the parser that node-postgres uses, and by rules of the others.

import { parse } from 'pg-connection-string'
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { connectionInfo } from '../../src/api/connection-info.js'
import type { ConnectionRequest } from '../../src/api/connection-uri.js'

const CA = new URL('./fixture.ts', import.meta.url).pathname // Any file that exists: the parser reads it.
const ROBOT: ConnectionRequest = {
  host: 'proxy.example.com',
  port: 6432,
  tls: 'require',
  caFile: null,
  database: 'shop',
  account: 'robot',
  role: 'reader',
}
// What an e-mail address may hold, and what would break out of quotes.
const HOSTILE: ConnectionRequest = { ...ROBOT, database: 'owner/shop', account: `o'brien:+"\\;$(id)%/?#&=@example.com` }

const toolOf = (request: ConnectionRequest, name: string): string =>
  connectionInfo(request).tools.find(({ tool }) => tool === name)?.connection ?? ''

void t.test('every URI leads node-postgres to the proxy, as the account', async t => {
  for (const request of [
    ROBOT,
    HOSTILE,
    { ...HOSTILE, caFile: CA },
    { ...HOSTILE, host: '::1', tls: 'off' as const },
  ]) {
    const info = connectionInfo(request)
    for (const uri of [info.uri, ...['node-postgres', 'psycopg', 'pgx'].map(name => toolOf(request, name))]) {
      const { host, port, database, user, password } = parse(uri.replace('<token>', 'pstn_token'))
      t.strictSame(
        { host, port, database, user, password },
        {
          host: request.host,
          port: String(request.port),
          database: request.database,
          user: request.account,
          password: 'pstn_token',
        },
        uri,
      )
    }
  }
})

void t.test('the slash of a name stays: node-postgres and SQLAlchemy would not decode it', async t => {
  const { uri } = connectionInfo({ ...ROBOT, database: 'owner/shop', account: 'ada@example.com' })
  t.equal(uri, 'postgresql://ada%40example.com:<token>@proxy.example.com:6432/owner/shop?sslmode=require')
})

void t.test('with a file of the certificate authority, everything checks the certificate against it', async t => {
  const info = connectionInfo({ ...ROBOT, caFile: '/etc/postern/ca file.pem' })
  t.equal(info.sslmode, 'verify-full')
  t.equal(info.sslrootcert, '/etc/postern/ca file.pem')
  t.match(info.uri, '?sslmode=verify-full&sslrootcert=/etc/postern/ca%20file.pem')
  t.match(info.psql, 'sslmode=verify-full&sslrootcert=/etc/postern/ca%20file.pem')
  t.match(info.dsn, "sslmode=verify-full sslrootcert='/etc/postern/ca file.pem'")
  t.match(info.env, { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/etc/postern/ca file.pem' })
  t.match(info.jdbc.url, 'sslmode=verify-full&sslrootcert=/etc/postern/ca%20file.pem')
  t.match(toolOf({ ...ROBOT, caFile: '/ca file.pem' }, 'Npgsql'), 'SSL Mode=VerifyFull;Root Certificate="/ca file.pem"')
})

void t.test('without one, each tool checks it against the authorities that it knows, where it can', async t => {
  const info = connectionInfo(ROBOT)
  t.equal(info.sslmode, 'require', 'libpq before 16 has none of its own')
  t.equal(info.sslrootcert, null)
  t.notMatch(info.env, { PGSSLROOTCERT: /./ })
  t.match(info.psql, 'sslmode=verify-full&sslrootcert=system')
  t.match(info.notes.join(), 'psql 16')
  t.match(info.jdbc.url, 'sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory')
  t.match(toolOf(ROBOT, 'node-postgres'), /\?sslmode=verify-full$/)
  t.match(toolOf(ROBOT, 'pgx'), /\?sslmode=verify-full$/)
  t.match(toolOf(ROBOT, 'Npgsql'), /SSL Mode=VerifyFull$/)
})

void t.test('a listener without TLS is told so to every tool', async t => {
  const request: ConnectionRequest = { ...ROBOT, tls: 'off', caFile: CA }
  const info = connectionInfo(request)
  t.equal(info.sslrootcert, null)
  const texts = [info.uri, info.psql, info.dsn, info.jdbc.url, ...info.tools.map(({ connection }) => connection)]
  for (const text of texts) {
    t.match(text, /ss?l ?mode=disable/i)
    t.notMatch(text, 'sslrootcert')
  }
})

void t.test('a listener that allows TLS is used with it', async t => {
  t.equal(connectionInfo({ ...ROBOT, tls: 'allow' }).sslmode, 'require')
})

void t.test('the psql line has the token in the environment and not among the arguments', async t => {
  const { psql } = connectionInfo(HOSTILE)
  t.match(psql, /^PGPASSWORD='<token>' psql 'postgresql:\/\/[^'<]*'$/)
  const echo = psql.replace(' psql ', ' printf "%s\\n" ')
  const printed = execFileSync('/bin/sh', ['-c', echo], { encoding: 'utf8' })
  t.equal(parse(printed.trim().replace('sslrootcert=system', '')).user, HOSTILE.account)
})

void t.test('the key/value form quotes what needs it, as libpq reads it', async t => {
  const { dsn } = connectionInfo({ ...HOSTILE, account: `o'brien\\ x@example.com` })
  t.equal(
    dsn,
    'host=proxy.example.com port=6432 dbname=owner/shop ' +
      `user='o\\'brien\\\\ x@example.com' password=<token> sslmode=require`,
  )
})

void t.test('the line for .pgpass escapes colons and backslashes', async t => {
  const { pgpass } = connectionInfo({ ...ROBOT, host: '::1', account: 'a:b\\c@example.com' })
  t.equal(pgpass, '\\:\\:1:6432:shop:a\\:b\\\\c@example.com:<token>')
})

void t.test('JDBC has user and password apart, and the address in the URL', async t => {
  const { jdbc } = connectionInfo({ ...HOSTILE, caFile: '/ca.pem' })
  t.equal(jdbc.url, 'jdbc:postgresql://proxy.example.com:6432/owner%2Fshop?sslmode=verify-full&sslrootcert=/ca.pem')
  t.equal(jdbc.user, HOSTILE.account)
  t.equal(jdbc.password, '<token>')
})

void t.test('SQLAlchemy names its driver', async t => {
  t.match(toolOf(ROBOT, 'SQLAlchemy'), /^postgresql\+psycopg:\/\/robot:<token>@proxy.example.com:6432\/shop\?/)
})

void t.test('ADO.NET values with separators are quoted', async t => {
  const connection = toolOf({ ...ROBOT, account: 'a;b"c@example.com' }, 'Npgsql')
  t.match(connection, 'Username="a;b""c@example.com";Password=<token>')
})

void t.test('no code has a token in it: it comes from the environment', async t => {
  for (const { code, tool } of connectionInfo(ROBOT).tools) {
    t.notMatch(code, '<token>', tool)
    t.match(code, 'DATABASE_URL', tool)
  }
})
