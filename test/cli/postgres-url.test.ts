import t from 'tap'
import { formatPostgresUrl, parsePostgresUrl } from '../../src/cli/postgres-url.js'

void t.test('finds user and password, decoded', async t => {
  t.same(parsePostgresUrl('postgres://ad%40min:p%3Aw@db:5432/shop?sslmode=require', '--url'), {
    scheme: 'postgres://',
    user: 'ad@min',
    password: 'p:w',
    place: 'db:5432/shop',
    rootCertFile: null,
    parameters: ['sslmode=require'],
  })
})

void t.test('finds them among the parameters too, and the file of sslrootcert', async t => {
  const url = 'postgresql:///shop?host=/tmp&user=me&password=a+b&sslrootcert=%2Fetc%2Fca.pem'
  t.match(parsePostgresUrl(url, '--url'), {
    user: 'me',
    password: 'a+b',
    place: '/shop',
    rootCertFile: '/etc/ca.pem',
    parameters: ['host=/tmp'],
  })
  t.equal(parsePostgresUrl('postgres://db/shop?sslrootcert=system', '--url').rootCertFile, null)
})

void t.test('does not take the @ of a parameter for the end of a password', async t => {
  t.match(parsePostgresUrl('postgres://db:5432/shop?application_name=a@b', '--url'), { user: null, password: null })
})

void t.test('writes what it reads the same way, with any password', async t => {
  for (const password of ['p@ss:w/rd?#%&+', 'žluť', ' ']) {
    const parts = { ...parsePostgresUrl('postgres://ad%40min@[::1]:5432/shop?sslmode=disable', '--url'), password }
    t.same(parsePostgresUrl(formatPostgresUrl(parts), '--url'), parts)
  }
  t.equal(formatPostgresUrl(parsePostgresUrl('postgres://db/shop?sslrootcert=x', '--url')), 'postgres://db/shop')
})

void t.test('refuses what is no Postgres URL, without repeating it', async t => {
  const mistake = { message: '--url is not a Postgres URL', exitCode: 2 }
  t.throws(() => parsePostgresUrl('mysql://me:hunter2@db', '--url'), mistake)
  t.throws(() => parsePostgresUrl('postgres://me:100%@db/x', '--url'), { message: /^--url has a %/ })
})
