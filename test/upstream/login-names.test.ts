// The names of upstream roles: readable when they can be, and never the same for two databases.

import t from 'tap'
import { loginName } from '../../src/upstream/login-names.js'

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
