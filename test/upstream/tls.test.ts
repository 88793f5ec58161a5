// Every sslmode against real servers with TLS and without, channel binding, and cancel over TLS.

import t from 'tap'
import { sendCancel } from '../../src/upstream/cancel.js'
import { dial } from '../../src/upstream/dial.js'
import { HostNames } from '../../src/upstream/host-names.js'
import type { SslMode, Target } from '../../src/upstream/target.js'
import { makeCertificates } from './certificates.js'
import { failureOf, logInAs } from './log-in-as.js'
import { relayTls } from './relay-tls.js'
import { startServer, VERSIONS, whySkip } from './servers.js'

// hostssl and hostnossl: whoever gets in has used TLS, or has not.
const HBA = [
  'hostnossl all tls_user 127.0.0.1/32 reject',
  'hostssl all clear_over_tls 127.0.0.1/32 password',
  'hostssl all plain_user 127.0.0.1/32 reject',
]

const ROLES = `
  CREATE ROLE tls_user LOGIN PASSWORD 'of tls';
  CREATE ROLE clear_over_tls LOGIN PASSWORD 'of clear';
  CREATE ROLE plain_user LOGIN PASSWORD 'of plain';`

const user = 'tls_user'
const password = 'of tls'

for (const version of VERSIONS) {
  void t.test(`with TLS on Postgres ${version}`, { skip: whySkip(version) }, async t => {
    const certificates = await makeCertificates()
    const { ca, strangerCa } = certificates
    const server = await startServer(t, { version, hba: HBA, tls: certificates.server })
    await server.sql(ROLES)
    const at = (sslMode: SslMode, sslRootCert: string | null, host = '127.0.0.1'): Target => {
      return { ...server.target, host, sslMode, sslRootCert }
    }

    await t.test('encrypts under every mode but disable', async t => {
      for (const target of [
        at('prefer', null),
        at('require', null),
        at('require', ca),
        at('verify-ca', ca),
        at('verify-full', ca),
        at('verify-full', ca, 'localhost'),
      ]) {
        const { leg } = await logInAs(t, target, { user, password })
        t.equal(leg.tls?.encrypted, true, `${target.sslMode} at ${target.host}`)
      }
      t.equal((await failureOf(logInAs(t, at('disable', null), { user, password }))).kind, 'login_refused')
    })

    await t.test('checks the name that was given, whatever address it has', async t => {
      const dir = t.testdir({ hosts: '127.0.0.1 db.test\n127.0.0.1 localhost\n' })
      const names = new HostNames({ hostsFile: `${dir}/hosts` })
      const error = await failureOf(dial(at('verify-full', ca, 'db.test'), { connectTimeoutMs: 5_000, names }))
      t.match(error, { kind: 'tls', message: /db\.test/ })
      for (const host of ['localhost', 'localhost.']) {
        const leg = await dial(at('verify-full', ca, host), { connectTimeoutMs: 5_000, names })
        t.equal(leg.tls?.authorized, true, host)
        leg.destroy()
      }
    })

    await t.test('trusts only the authority that was given, or those of the system', async t => {
      for (const target of [
        at('require', strangerCa),
        at('verify-ca', strangerCa),
        at('verify-ca', null),
        at('verify-full', null),
      ]) {
        const error = await failureOf(dial(target, { connectTimeoutMs: 5_000 }))
        t.equal(error.kind, 'tls', target.sslMode)
        t.match(error.message, 'upstream TLS handshake: ')
      }
    })

    await t.test('falls back to plaintext only under prefer', async t => {
      const leg = await dial(at('prefer', strangerCa), { connectTimeoutMs: 5_000 })
      t.teardown(() => leg.destroy())
      t.equal(leg.tls, null)
    })

    await t.test('sends the password in the clear when TLS hides it', async t => {
      await logInAs(t, at('require', null), { user: 'clear_over_tls', password: 'of clear' })
      t.pass('logged in')
    })

    await t.test('hands over all bytes that follow the login, in order', async t => {
      const { leg, rest } = await logInAs(t, at('require', null), { user, password })
      t.equal(rest.length, 0)
      const answer = await new Promise<string>(resolve => {
        let text = ''
        let paused = false
        leg.setSink(chunk => {
          if (paused) t.fail('a chunk while paused')
          paused = true
          text += chunk.toString('latin1')
          if (text.endsWith('Z\0\0\0\x05I')) resolve(text)
          setImmediate(() => {
            paused = false
            leg.resume()
          })
          return false
        })
        const sql = Buffer.from(`SELECT string_agg(to_char(n, 'FM000000'), ' ') FROM generate_series(1, 100000) n\0`)
        const header = Buffer.from([0x51, 0, 0, 0, sql.length + 4])
        leg.socket.write(Buffer.concat([header, sql]))
      })
      t.match(answer, Array.from({ length: 100_000 }, (_, n) => String(n + 1).padStart(6, '0')).join(' '))
    })

    await t.test('cancels over TLS', async t => {
      const { backendKeyData } = await logInAs(t, at('verify-full', ca), { user, password })
      await sendCancel(at('verify-full', ca), backendKeyData ?? { processId: 0, secretKey: Buffer.alloc(4) }, {
        timeoutMs: 5_000,
      })
      const error = await failureOf(
        sendCancel(at('verify-full', strangerCa), { processId: 1, secretKey: Buffer.alloc(4) }, { timeoutMs: 5_000 }),
      )
      t.equal(error.kind, 'tls')
    })
  })
}

void t.test('binds SCRAM to the TLS channel, so that nobody in between can pass it on', async t => {
  const { server: own, otherName } = await makeCertificates()
  const server = await startServer(t, { version: 18, tls: own, settings: { log_min_messages: 'debug1' } })
  await server.sql(`CREATE ROLE tls_user LOGIN PASSWORD 'of tls'`)
  const through = await relayTls(t, server.target, otherName)
  const target: Target = { ...server.target, sslMode: 'require' }
  await logInAs(t, target, { user, password })
  const error = await failureOf(logInAs(t, { ...target, port: through }, { user, password }))
  t.match(error, { kind: 'login_refused', sqlstate: '28000' })
  // What a server logs may come later than what it says.
  while (!server.log().includes('SCRAM channel binding check failed')) await new Promise(setImmediate)
})

void t.test('against a server of another name', async t => {
  const { otherName, ca } = await makeCertificates()
  const server = await startServer(t, { version: 18, tls: otherName })
  await server.sql(ROLES)

  await t.test('verify-full refuses it, verify-ca does not look at the name', async t => {
    const error = await failureOf(
      dial({ ...server.target, sslMode: 'verify-full', sslRootCert: ca }, { connectTimeoutMs: 5_000 }),
    )
    t.equal(error.kind, 'tls')
    const target: Target = { ...server.target, host: 'localhost', sslMode: 'verify-ca', sslRootCert: ca }
    await logInAs(t, target, { user, password })
  })
})

void t.test('against a server without TLS', async t => {
  const server = await startServer(t, { version: 18 })
  await server.sql(ROLES)

  await t.test('prefer goes on in the clear, stronger modes do not', async t => {
    const { leg } = await logInAs(t, { ...server.target, sslMode: 'prefer' }, { user, password })
    t.equal(leg.tls, null)
    for (const sslMode of ['require', 'verify-ca', 'verify-full'] as const) {
      const error = await failureOf(dial({ ...server.target, sslMode }, { connectTimeoutMs: 5_000 }))
      t.match(error, { kind: 'tls', message: `sslmode is ${sslMode}` })
    }
  })
})
