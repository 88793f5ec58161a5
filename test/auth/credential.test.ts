import argon2 from 'argon2'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import t from 'tap'
import { createCredential } from '../../src/auth/credential.js'
import { mintToken } from '../../src/auth/token.js'
import { deriveKeys, saltPassword } from '../../src/scram/keys.js'
import { SCRAM } from './sample.js'

const { token } = mintToken()
const credential = createCredential(token, SCRAM)

void t.test('derives the SCRAM keys that the exchange works with', async t => {
  const { storedKey, serverKey } = await credential
  const keys = deriveKeys(await saltPassword({ password: token, ...SCRAM }))
  t.same(storedKey, keys.storedKey)
  t.same(serverKey, keys.serverKey)
})

void t.test('derives the SCRAM keys that RFC 5802 s.3 defines', async t => {
  const salted = pbkdf2Sync(token, SCRAM.salt, SCRAM.iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const { storedKey, serverKey } = await credential
  t.same(storedKey, createHash('sha256').update(hmac('Client Key')).digest())
  t.same(serverKey, hmac('Server Key'))
})

void t.test('hashes with argon2id as OWASP advises, so that the token and no other verifies', async t => {
  const { argon2: hash } = await credential
  const [, variant, version, parameters] = hash.split('$')
  t.same([variant, version, parameters?.split(',').sort()], ['argon2id', 'v=19', ['m=19456', 'p=1', 't=2']])
  t.equal(await argon2.verify(hash, token), true)
  t.equal(await argon2.verify(hash, mintToken().token), false)
})

void t.test('holds nothing that the token could be read from', async t => {
  const { argon2: hash, storedKey, serverKey } = await credential
  const secret = token.slice(18)
  for (const part of [hash, storedKey.toString('latin1'), serverKey.toString('latin1')]) {
    t.notOk(part.includes(secret))
    t.notOk(part.includes(Buffer.from(secret).toString('base64').slice(0, 20)))
  }
})

void t.test('gives the same token another argon2 hash each time, and the same SCRAM keys', async t => {
  const again = await createCredential(token, SCRAM)
  const first = await credential
  t.not(again.argon2, first.argon2)
  t.same(again.storedKey, first.storedKey)
})
