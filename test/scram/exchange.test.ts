/** Whole exchanges: our client, and the one of the package pg, against our server. */
import { createHash, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import { generate } from 'selfsigned'
import t from 'tap'
import { tlsServerEndPoint } from '../../src/scram/channel-binding.js'
import type { ScramClient } from '../../src/scram/client.js'
import { ScramServer } from '../../src/scram/server.js'
import { bytes, CHANNEL, client, codeOfAsync, ITERATIONS, keysOf, SALT, serverOn } from './fixture.js'

const PLAIN = 'SCRAM-SHA-256'
const PLUS = 'SCRAM-SHA-256-PLUS'

/** Runs an exchange to its end; `offered` is what arrives of the server's offer. Returns the id of the key. */
async function run(guest: ScramClient, server: ScramServer, offered = server.mechanisms()): Promise<string | null> {
  const { mechanism, data } = guest.first(offered)
  server.clientFirst(mechanism, data)
  const final = await guest.final(server.serverFirst({ salt: SALT, iterations: ITERATIONS }))
  const match = server.clientFinal(final, [{ id: 'key', ...(await keysOf('secret')) }])
  if (match === null) return null
  guest.verify(match.serverFinal)
  return match.id
}

void t.test('client and server agree with no channel, and where only one of them can bind', async t => {
  t.equal(await run(client(), serverOn(null)), 'key', 'n')
  t.equal(await run(client({ channelBinding: CHANNEL }), serverOn(null)), 'key', 'y')
  t.equal(await run(client(), serverOn(CHANNEL)), 'key', 'n where the server could')
})

void t.test('client and server agree on the channel they share', async t => {
  const guest = client({ channelBinding: CHANNEL })
  t.equal(await run(guest, serverOn(CHANNEL)), 'key')
  t.equal(guest.verified, true)
})

void t.test('somebody in between, with a certificate of his own, is found out', async t => {
  const guest = client({ channelBinding: Buffer.alloc(32, 8) })
  t.equal(await codeOfAsync(() => run(guest, serverOn(CHANNEL))), 'binding_mismatch')
})

void t.test('somebody who cuts PLUS out of the offer is found out', async t => {
  const guest = client({ channelBinding: CHANNEL })
  t.equal(await codeOfAsync(() => run(guest, serverOn(CHANNEL), [PLAIN])), 'binding_downgrade')
})

void t.test('somebody who changes the flag on the way is found out', async t => {
  const honest = client({ channelBinding: CHANNEL })
  const { data } = honest.first([PLAIN])
  const server = serverOn(CHANNEL)
  server.clientFirst(PLAIN, bytes(data.toString().replace(/^y/, 'n')))
  const final = await honest.final(server.serverFirst({ salt: SALT, iterations: ITERATIONS }))
  t.equal(await codeOfAsync(async () => server.clientFinal(final, [])), 'binding_mismatch')
})

void t.test('a wrong password ends in no, and leaves the server unproved', async t => {
  const guest = client({ password: 'wrong' })
  t.equal(await run(guest, serverOn(null)), null)
  t.equal(guest.verified, false)
})

void t.test('passwords beyond ASCII agree, in whatever form they were typed', async t => {
  const server = serverOn(null)
  const guest = client({ password: 'se\u00adcret' })
  t.equal(await run(guest, server), 'key')
})

type Session = { mechanism: string; response: string }
const pg = createRequire(import.meta.url)('pg/lib/crypto/sasl.js') as {
  startSession(mechanisms: string[], stream: object | null): Session
  continueSession(session: Session, password: string, serverData: string, stream: object | null): Promise<void>
  finalizeSession(session: Session, serverData: string): void
}

/** Runs an exchange with the client of pg, which checks our signature as well. Returns the mechanism that it chose. */
async function runPg(server: ScramServer, stream: object | null): Promise<string> {
  const session = pg.startSession(server.mechanisms(), stream)
  server.clientFirst(session.mechanism, bytes(session.response))
  const challenge = server.serverFirst({ salt: SALT, iterations: ITERATIONS })
  await pg.continueSession(session, 'secret', challenge.toString(), stream)
  const match = server.clientFinal(bytes(session.response), [{ id: 'key', ...(await keysOf('secret')) }])
  pg.finalizeSession(session, match?.serverFinal.toString() ?? '')
  return session.mechanism
}

void t.test('the client of pg logs in, without TLS, and with TLS but no binding', async t => {
  t.equal(await runPg(serverOn(null), null), PLAIN)
  t.equal(await runPg(serverOn(null), { getPeerCertificate: () => ({}) }), PLAIN)
})

void t.test('the client of pg logs in, bound to a certificate that it hashes itself', async t => {
  const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha384' })
  const { raw } = new X509Certificate(cert)
  const stream = { getPeerCertificate: () => ({ raw }) }
  t.same(tlsServerEndPoint(raw), createHash('sha384').update(raw).digest())
  t.equal(await runPg(serverOn(tlsServerEndPoint(raw)), stream), PLUS)
  t.equal(await codeOfAsync(() => runPg(serverOn(CHANNEL), stream)), 'binding_mismatch')
})
