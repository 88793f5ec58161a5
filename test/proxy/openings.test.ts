// Openings that are no valid start-up packet, byte for byte the same to the proxy and to PostgreSQL 18: what one answers, the
// other answers, and what one closes in silence, so does the other.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { int32, untypedFrame } from '../../src/wire/frame.js'
import { encodeGssRequest, encodeSslRequest, encodeStartup } from '../../src/wire/startup.js'
import { makeWorld } from '../support/world.js'
import { makeCertificates } from '../upstream/certificates.js'
import { startServer } from '../upstream/servers.js'
import { metric } from './observe.js'
import { RawClient } from './raw-client.js'

const CANCEL = (1234 << 16) | 5678
const startup = (text: string) => untypedFrame(int32(3 << 16), Buffer.from(text))
const cancel = (...parts: Buffer[]) => untypedFrame(int32(CANCEL), ...parts)

/** X with its length: the driver leaves before it has sent a start-up packet, as node-postgres does. */
const TERMINATE = Buffer.of(0x58, 0, 0, 0, 4)

const OPENINGS: Record<string, Buffer> = {
  Terminate: TERMINATE,
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: postern\r\n\r\n'),
  'an SSH banner': Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
  zeros: Buffer.alloc(64),
  'a negative length': Buffer.alloc(64, 0xff),
  'a length of 4': Buffer.concat([int32(4), int32(0)]),
  'a length of 7': Buffer.concat([int32(7), int32(0)]),
  'a length of 10,005': Buffer.concat([int32(10_005), int32(3 << 16)]),
  'a CancelRequest without a process id': cancel(),
  'a CancelRequest without a key': cancel(int32(1)),
  'a CancelRequest with a key of 1 byte': cancel(int32(1), Buffer.alloc(1)),
  'a CancelRequest with a key of 257 bytes': cancel(int32(1), Buffer.alloc(257)),
  'a CancelRequest with a wrong key': cancel(int32(1), Buffer.alloc(4)),
  'a start-up packet of its version alone': untypedFrame(int32(3 << 16)),
  'a string without its end': startup('user\0robot'),
  'a name without a value': startup('user\0a\0b\0'),
  'bytes behind the parameters': startup('user\0a\0\0x'),
  'no user': startup('database\0shop\0\0'),
  'an empty user': startup('user\0\0\0'),
  'protocol 2': untypedFrame(int32(2 << 16), Buffer.from('user\0robot\0\0')),
  'protocol 4': untypedFrame(int32(4 << 16), Buffer.from('user\0robot\0\0')),
  'GSSENCRequest twice': Buffer.concat([encodeGssRequest(), encodeGssRequest()]),
  'a start-up packet ahead of the answer to GSSENCRequest': Buffer.concat([
    encodeGssRequest(),
    encodeStartup({ minor: 0, parameters: new Map([['user', 'robot']]) }),
  ]),
  'Terminate ahead of the answer to GSSENCRequest': Buffer.concat([encodeGssRequest(), TERMINATE]),
}

/** What holds only where TLS is off. */
const OPENINGS_IN_THE_CLEAR: Record<string, Buffer> = {
  'SSLRequest twice': Buffer.concat([encodeSslRequest(), encodeSslRequest()]),
  'a start-up packet ahead of the answer to SSLRequest': Buffer.concat([
    encodeSslRequest(),
    encodeStartup({ minor: 0, parameters: new Map([['user', 'robot']]) }),
  ]),
  'a ClientHello': Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]),
}

const OPENINGS_WITHIN_TLS: Record<string, Buffer> = {
  Terminate: TERMINATE,
  SSLRequest: encodeSslRequest(),
  GSSENCRequest: encodeGssRequest(),
  'a length of 7': Buffer.concat([int32(7), int32(0)]),
}

void t.test('an opening that is no start-up packet', { timeout: 120_000 }, async t => {
  const certificates = await makeCertificates()
  const [withTls, withoutTls] = [
    await startServer(t, { version: 18, tls: certificates.server }),
    await startServer(t, { version: 18 }),
  ]
  const world = await makeWorld(t)

  void t.test('in the clear is answered as PostgreSQL answers it', async t => {
    for (const [name, bytes] of Object.entries(OPENINGS)) {
      t.equal(await answerOf(world.port(), bytes), await answerOf(withTls.target.port, bytes), name)
    }
  })

  void t.test('where TLS is off is answered as PostgreSQL answers it', async t => {
    for (const [name, bytes] of Object.entries({ ...OPENINGS, ...OPENINGS_IN_THE_CLEAR })) {
      t.equal(await answerOf(world.port('noTls'), bytes), await answerOf(withoutTls.target.port, bytes), name)
    }
  })

  void t.test('within TLS is answered as PostgreSQL answers it', async t => {
    const ca = readFileSync(world.ca)
    for (const [name, bytes] of Object.entries(OPENINGS_WITHIN_TLS)) {
      t.equal(
        await answerInTls(world.port(), ca, bytes),
        await answerInTls(withTls.target.port, certificates.ca, bytes),
        name,
      )
    }
    const [ours, theirs] = [
      await RawClient.connectTls(world.port(), ca, []),
      await RawClient.connectTls(withTls.target.port, certificates.ca, []),
    ]
    t.equal(await heardBy(ours), await heardBy(theirs), 'direct TLS without ALPN')
  })

  void t.test('that is closed in silence is counted as a protocol violation', async t => {
    const violations = () => metric(world, 'postern_logins_total', { reason: 'protocol_violation' })
    const before = await violations()
    t.equal(await answerOf(world.port(), TERMINATE), 'silence')
    t.equal(await violations(), before + 1)
  })
})

async function answerOf(port: number, bytes: Buffer): Promise<string> {
  return heardBy((await RawClient.connect(port)).send(bytes))
}

async function answerInTls(port: number, ca: string | Buffer, bytes: Buffer): Promise<string> {
  return heardBy((await (await RawClient.connect(port)).startTls(ca)).send(bytes))
}

/** What came until the server closed: `N` is an answer to a request for encryption, `E` an error of any form. */
async function heardBy(client: RawClient): Promise<string> {
  const heard = (await client.rest()).toString('latin1')
  client.close()
  return /^N?E?/.exec(heard)?.[0] || (heard === '' ? 'silence' : 'other')
}
