import t from 'tap'
import { doomedKeys } from '../../src/scram/doomed.js'
import { doomedParameters } from '../../src/scram/parameters.js'
import { bytes, client, serverOn } from './fixture.js'

const secret = Buffer.alloc(32, 1)

void t.test('lets nobody in, after an exchange like any other', async t => {
  const server = serverOn(null)
  const guest = client({ password: '' })
  const { mechanism, data } = guest.first(server.mechanisms())
  server.clientFirst(mechanism, data)
  const challenge = server.serverFirst({ ...doomedParameters('ghost', secret), iterations: 2 })
  t.match(challenge.toString(), /^r=client-nonceserver-nonce,s=[A-Za-z0-9+/]{22}==,i=2$/)
  const final = await guest.final(bytes(challenge.toString()))
  t.equal(server.clientFinal(final, [{ id: 'doomed', ...doomedKeys() }]), null)
})
