// Listeners that want a client certificate, or TLS of a version: whoever has not got it is told so, by every version of TLS.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { encodeStartup } from '../../src/wire/startup.js'
import { psql, withoutPsql } from '../integration/psql.js'
import { makeWorld } from '../support/world.js'
import { makeCertificates } from '../upstream/certificates.js'
import { messagesOf } from '../wire/hostile.js'
import { fieldsOf } from './raw-client.js'

const REFUSED = { S: 'FATAL', C: '28000', M: 'this listener requires a client certificate' }

void t.test('listeners with terms of their own for TLS', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'postern-clients-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const { certFile, keyFile, ca } = await ensureCertificates(join(dir, 'server'))
  const [known, stranger] = await Promise.all([makeCertificates(), makeCertificates()])
  const file = async (name: string, text: string) => {
    await writeFile(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const caFile = await file('clients.pem', known.ca)
  const files = { certificate_file: certFile, private_key_file: keyFile }
  const listener = { host: '127.0.0.1', port: 0, tls: 'require', ...files }
  const listeners = [
    { ...listener, client_ca_file: caFile },
    { ...listener, tls_min_version: 'TLSv1.3' },
  ]
  const world = await makeWorld(t, { env: { POSTERN_LISTENERS: JSON.stringify(listeners) } })
  const robot = await world.account()
  const [wantsCertificate = 0, wantsNewest = 0] = world.instance.proxy.map(({ port }) => port)

  /** Says who it is over direct TLS; answers what the first message says, and the TLS session. */
  const visit = async (port: number, options: tls.ConnectionOptions) => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['postgresql'], ...options })
    let session: Buffer | undefined
    socket.on('session', ticket => (session = ticket))
    await once(socket, 'secureConnect')
    socket.write(encodeStartup({ minor: 0, parameters: new Map([['user', robot.name]]) }))
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    const [message] = messagesOf(chunk)
    const isReused = socket.isSessionReused()
    socket.destroy()
    return { type: message?.type, told: message?.type === 'E' ? fieldsOf(message.body) : {}, session, isReused }
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    void t.test(`a client certificate over ${maxVersion}`, async t => {
      const none = await visit(wantsCertificate, { maxVersion })
      t.match(none.told, { ...REFUSED, D: /^Reference: / }, 'none')
      t.match((await visit(wantsCertificate, { maxVersion, ...stranger.server })).told, REFUSED, 'of a stranger')
      const session = none.session
      t.ok(session, 'there was a ticket')
      const again = await visit(wantsCertificate, { maxVersion, ...(session && { session }) })
      t.match(again.told, REFUSED, 'none, with the ticket of the first visit')
      t.ok(again.isReused)

      const good = await visit(wantsCertificate, { maxVersion, ...known.server })
      t.equal(good.type, 'R', 'of a known authority')
      const resumed = await visit(wantsCertificate, { maxVersion, ...(good.session && { session: good.session }) })
      t.equal(resumed.type, 'R', 'and with its ticket')
      t.ok(resumed.isReused)
    })
  }

  void t.test('psql shows its certificate, besides the token', { skip: withoutPsql }, async t => {
    const none = { PGSSLCERT: join(dir, 'none'), PGSSLKEY: join(dir, 'none') }
    const as = (pair: { cert: string; key: string } | null, name: string) =>
      pair === null
        ? Promise.resolve(none)
        : Promise.all([file(`${name}.crt`, pair.cert), file(`${name}.key`, pair.key)]).then(
            ([PGSSLCERT, PGSSLKEY]) => ({ PGSSLCERT, PGSSLKEY }),
          )
    const env = {
      PGHOST: '127.0.0.1',
      PGPORT: String(wantsCertificate),
      PGUSER: robot.name,
      PGPASSWORD: robot.token,
      PGDATABASE: 'shop',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: await file('ca.pem', ca),
      PGCHANNELBINDING: 'require',
    }
    const run = async (pair: { cert: string; key: string } | null, more: Record<string, string> = {}) =>
      psql({ ...env, ...(await as(pair, 'client')), ...more }, 'select 1')
    t.match(await run(known.server), { code: 0, stdout: '1\n' })
    const told = /FATAL: {2}this listener requires a client certificate\nDETAIL: {2}Reference/
    t.match(await run(null), { code: 2, stderr: told })
    t.match(await run(stranger.server), { code: 2, stderr: told })
    t.match(await run(known.server, { PGPASSWORD: 'wrong' }), { code: 2, stderr: /password authentication failed/ })
  })

  void t.test(
    'authorities that are exchanged hold for the next login, tickets of the old ones notwithstanding',
    async t => {
      const before = await visit(wantsCertificate, known.server)
      t.equal(before.type, 'R')
      await writeFile(caFile, stranger.ca)
      world.instance.reload()
      t.match((await visit(wantsCertificate, known.server)).told, REFUSED)
      const resumed = await visit(wantsCertificate, {
        ...known.server,
        ...(before.session && { session: before.session }),
      })
      t.match(resumed.told, REFUSED)
      t.equal((await visit(wantsCertificate, stranger.server)).type, 'R')
      await writeFile(caFile, 'junk')
      world.instance.reload()
      t.equal((await visit(wantsCertificate, stranger.server)).type, 'R', 'the last good ones stay')
      t.ok(world.log.some(({ msg }) => msg === 'a certificate stays as it was: its files are bad'))
    },
  )

  void t.test('a listener for TLS 1.3 alone', async t => {
    await t.rejects(visit(wantsNewest, { maxVersion: 'TLSv1.2' }), /protocol version/)
    t.equal((await visit(wantsNewest, {})).type, 'R')
  })
})
