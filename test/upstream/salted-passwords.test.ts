// The cache of SaltedPassword: RFC 7677's own values, shared work, and a bound.

import t from 'tap'
import { saltPassword } from '../../src/scram/keys.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const pencil = { password: 'pencil', salt, iterations: 4_096 }

void t.test('computes what SCRAM does, once for logins that come together', async t => {
  const cache = new SaltedPasswords()
  const [first, second] = [cache.salt(pencil), cache.salt({ ...pencil, salt: Buffer.from(salt) })]
  t.equal(first, second)
  t.same(await first, await saltPassword(pencil))
})

void t.test('keeps apart passwords, salts and counts', async t => {
  const cache = new SaltedPasswords()
  const all = [
    pencil,
    { ...pencil, password: 'pen' },
    { ...pencil, salt: Buffer.alloc(16) },
    { ...pencil, iterations: 1 },
  ]
  const salted = await Promise.all(all.map(of => cache.salt(of)))
  t.equal(new Set(salted.map(bytes => bytes.toString('hex'))).size, all.length)
})

void t.test('forgets the least recently used', async t => {
  const cache = new SaltedPasswords(2)
  const of = (password: string) => cache.salt({ password, salt, iterations: 1 })
  const a = of('a')
  const b = of('b')
  t.equal(of('a'), a)
  const c = of('c')
  t.equal(cache.size, 2)
  t.equal(of('a'), a, 'used last before c')
  t.equal(of('c'), c)
  t.not(of('b'), b)
  await Promise.all([a, b, c])
})

void t.test('does not remember a failure', async t => {
  const cache = new SaltedPasswords()
  await t.rejects(cache.salt({ ...pencil, iterations: 0 }))
  t.equal(cache.size, 0)
})
