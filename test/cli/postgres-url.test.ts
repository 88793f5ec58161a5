import t from 'tap'
import { address, splitUrl, withPassword } from '../../src/cli/postgres-url.js'

void t.test('finds user and password, decoded', async t => {
  const parts = splitUrl('postgres://ad%40min:p%3Aw@db:5432/shop?sslmode=require', '--url')
  t.match(parts, { user: 'ad@min', password: 'p:w', rest: 'db:5432/shop?sslmode=require' })
  t.equal(address(parts), 'postgres://db:5432/shop?sslmode=require')
})

void t.test('finds a password among the parameters', async t => {
  t.match(splitUrl('postgresql://me@/shop?host=/tmp&password=hunter2', '--url'), { user: 'me', password: 'hunter2' })
})

void t.test('does not take the @ of a parameter for the end of a password', async t => {
  t.match(splitUrl('postgres://db:5432/shop?application_name=a@b', '--url'), { user: null, password: null })
})

void t.test('puts any password in so that it comes out again', async t => {
  for (const password of ['p@ss:w/rd?#%', 'žluť', ' ']) {
    const url = withPassword(splitUrl('postgres://ad%40min@[::1]:5432/shop', '--url'), password)
    t.match(splitUrl(url, '--url'), { user: 'ad@min', password, rest: '[::1]:5432/shop' })
  }
})

void t.test('refuses what is no Postgres URL, without repeating it', async t => {
  t.throws(() => splitUrl('mysql://me:hunter2@db', '--url'), { message: '--url is not a Postgres URL', exitCode: 2 })
  t.throws(() => splitUrl('postgres://me:100%@db/x', '--url'), { message: /^--url has a %/ })
})
