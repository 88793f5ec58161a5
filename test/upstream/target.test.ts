// Connection URLs: what libpq would make of them, or a clear no.

import t from 'tap'
import { DatabaseUrlError, parseDatabaseUrl } from '../../src/upstream/target.js'

const parse = (url: string) =>
  parseDatabaseUrl(url, path => {
    if (path === 'ca.pem') return 'PEM of the authority'
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
  })

void t.test('reads every part of a URL', async t => {
  t.same(parse('postgres://me:p%40ss%2F@db.example:6000/shop?sslmode=verify-ca&sslrootcert=ca.pem'), {
    target: { host: 'db.example', port: 6000, sslMode: 'verify-ca', sslRootCert: 'PEM of the authority' },
    dbname: 'shop',
    user: 'me',
    password: 'p@ss/',
  })
  t.match(parse('postgresql://me@[::1]/shop'), { target: { host: '::1', port: 5432 }, password: '' })
  t.match(parse('postgres://db.example/?user=me&password=x&dbname=shop&port=7000'), {
    target: { host: 'db.example', port: 7000 },
    dbname: 'shop',
    user: 'me',
    password: 'x',
  })
  t.equal(parse('postgres://me@db.example').dbname, 'me', 'the database is the user, as in libpq')
})

void t.test('finds Unix sockets', async t => {
  for (const url of [
    'postgres://me:x@/shop?host=/var/run/postgresql',
    'postgres:///shop?host=%2Fvar%2Frun%2Fpostgresql&user=me',
  ]) {
    t.match(parse(url), { target: { host: '/var/run/postgresql', sslMode: 'prefer' }, dbname: 'shop', user: 'me' })
  }
})

void t.test('verifies the server off loopback unless told otherwise', async t => {
  for (const [host, sslMode] of [
    ['db.example', 'verify-full'],
    ['10.0.0.1', 'verify-full'],
    ['localhost', 'prefer'],
    ['127.9.9.9', 'prefer'],
    ['[::1]', 'prefer'],
  ] as const) {
    t.match(parse(`postgres://me@${host}/shop`), { target: { sslMode, sslRootCert: null } }, host)
  }
  t.equal(parse('postgres://me@db.example/shop?sslmode=disable').target.sslMode, 'disable')
  t.equal(parse('postgres://me@db.example/shop?sslrootcert=system').target.sslRootCert, null)
})

void t.test('takes a certificate that was given beside the URL, and lets the reader refuse files', async t => {
  const refuse = () => {
    throw new DatabaseUrlError('sslrootcert', 'no files here')
  }
  const { target } = parseDatabaseUrl('postgres://me@h/d?sslmode=verify-ca', refuse, 'PEM')
  t.match(target, { sslMode: 'verify-ca', sslRootCert: 'PEM' })
  t.throws(() => parseDatabaseUrl('postgres://me@h/d?sslrootcert=x', refuse), {
    message: 'database URL: no files here',
  })
})

void t.test('says what is wrong, and never shows the password', async t => {
  for (const [url, parameter] of [
    ['mysql://me:s3cret@h/d', 'url'],
    ['/var/run', 'url'],
    ['postgres://me:s3cret@h:port/d', 'url'],
    ['postgres://me:s3cret@h/d?port=70000', 'port'],
    ['postgres://me:s3cret@h/d?port=5.5', 'port'],
    ['postgres://h/d', 'user'],
    ['postgres:///d?user=me&password=s3cret', 'host'],
    ['postgres://me:s3cret@/d?host=a,b', 'host'],
    ['postgres://me:s3cret@h/d?sslmode=allow', 'sslmode'],
    ['postgres://me:s3cret@h/d?sslmode=no-verify', 'sslmode'],
    ['postgres://me:s3cret@h/d?sslmode=verify-ca', 'sslrootcert'],
    ['postgres://me:s3cret@h/d?sslrootcert=none.pem', 'sslrootcert'],
    ['postgres://me:s3cret@h/d?channel_binding=require', 'channel_binding'],
    ['postgres://me:s3cret@h/d?ssl=true', 'ssl'],
  ] as const) {
    try {
      parse(url)
      t.fail(url)
    } catch (error) {
      if (!(error instanceof DatabaseUrlError)) throw error
      t.equal(error.parameter, parameter, url)
      t.notMatch(`${error.stack}${JSON.stringify(error)}`, 's3cret')
    }
  }
})
