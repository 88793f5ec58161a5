import t from 'tap'
import { doomedKeys, doomedSalt } from '../../src/scram/doomed.js'
import { SALT_BYTES } from '../../src/scram/keys.js'
import { bytes, client, serverOn } from './fixture.js'

const secret = Buffer.alloc(32, 1)

void t.test('gives a name the same salt always, as long as a real one', async t => {
  t.same(doomedSalt('ghost', secret), doomedSalt('ghost', secret))
  t.equal(doomedSalt('ghost', secret).length, SALT_BYTES)
})

void t.test('gives other names, and other secrets, other salts', async t => {
  t.notSame(doomedSalt('ghost', secret), doomedSalt('ghosts', secret))
  t.notSame(doomedSalt('ghost', secret), doomedSalt('ghost', Buffer.alloc(32, 2)))
})

void t.test('lets nobody in, after an exchange like any other', async t => {
  const server = serverOn(null)
  const guest = client({ password: '' })
  const { mechanism, data } = guest.first(server.mechanisms())
  server.clientFirst(mechanism, data)
  const challenge = server.serverFirst({ salt: doomedSalt('ghost', secret), iterations: 2 })
  t.match(challenge.toString(), /^r=client-nonceserver-nonce,s=[A-Za-z0-9+/]{22}==,i=2$/)
  const final = await guest.final(bytes(challenge.toString()))
  t.equal(server.clientFinal(final, [{ id: 'doomed', ...doomedKeys() }]), null)
})
