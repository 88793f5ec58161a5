// Upstreams that are down, slow, broken or malicious: each must cost little, end soon and leave no connection behind.

import t, { type Test } from 'tap'
import { freePort } from '../../src/embedded/free-port.js'
import * as backend from '../../src/wire/backend.js'
import { frame } from '../../src/wire/frame.js'
import { authenticate } from '../../src/upstream/authenticate.js'
import type { Conversation } from '../../src/upstream/conversation.js'
import { SaltedPasswords } from '../../src/upstream/salted-passwords.js'
import { dial } from '../../src/upstream/dial.js'
import { sendCancel } from '../../src/upstream/cancel.js'
import type { UpstreamError } from '../../src/upstream/upstream-error.js'
import { fakeServer, inTurn, type Part } from './fake-server.js'
import { failureOf, logInAs } from './log-in-as.js'

const login = { user: 'somebody', password: 'secret-of-somebody' }
const ok = backend.authenticationOk()
const ready = backend.readyForQuery('I')
const offer = backend.authenticationSasl(['SCRAM-SHA-256'])

/** Logs in to a server that answers each of our messages with the next part. */
async function failureAgainst(t: Test, ...parts: readonly Part[]): Promise<UpstreamError> {
  const server = await fakeServer(t, inTurn(...parts))
  const error = await failureOf(logInAs(t, server.target, login))
  while ((await server.open()) > 0) await new Promise(setImmediate)
  t.notMatch(error.message, login.password)
  return error
}

function challenge(attributes: (clientNonce: string) => string): (chunk: Buffer) => Buffer {
  return chunk => {
    const clientNonce = /r=(.*)$/s.exec(chunk.toString('latin1'))?.[1] ?? ''
    return backend.authenticationSaslContinue(Buffer.from(attributes(clientNonce), 'latin1'))
  }
}

void t.test('a server that is not there is unreachable', async t => {
  const target = { host: '127.0.0.1', port: await freePort(), sslMode: 'prefer', sslRootCert: null } as const
  const error = await failureOf(dial(target, { connectTimeoutMs: 5_000 }))
  t.match(error, { kind: 'unreachable', message: `upstream connect to 127.0.0.1:${target.port}: ` })
  // A name that no resolver has to be asked for.
  const noName = await failureOf(dial({ ...target, host: 'nowhere..invalid' }, { connectTimeoutMs: 5_000 }))
  t.equal(noName.kind, 'unreachable')
  const noSocket = await failureOf(dial({ ...target, host: '/nowhere' }, { connectTimeoutMs: 5_000 }))
  t.equal(noSocket.kind, 'unreachable')
})

void t.test('a silent server runs into the deadline, at every step', async t => {
  const { target, open } = await fakeServer(t, () => {})
  const tls = { ...target, sslMode: 'require' } as const
  t.equal((await failureOf(dial(tls, { connectTimeoutMs: 20 }))).kind, 'timeout', 'no answer to SSLRequest')
  const afterAnswer = await fakeServer(t, inTurn(Buffer.from('S')))
  const handshake = await failureOf(dial({ ...afterAnswer.target, sslMode: 'require' }, { connectTimeoutMs: 20 }))
  t.equal(handshake.kind, 'timeout', 'no handshake')
  t.equal((await failureOf(logInAs(t, target, { ...login, limits: { timeoutMs: 20 } }))).kind, 'timeout', 'no login')
  const cancel = sendCancel(target, { processId: 1, secretKey: Buffer.alloc(4) }, { timeoutMs: 20 })
  t.equal((await failureOf(cancel)).kind, 'timeout', 'cancel never closed')
  while ((await open()) > 0) await new Promise(setImmediate)
})

void t.test('the caller may give up at any time', async t => {
  const { target } = await fakeServer(t, () => {})
  const gaveUp = AbortSignal.abort(new Error('the client has gone'))
  t.equal((await failureOf(dial(target, { connectTimeoutMs: 5_000, signal: gaveUp }))).kind, 'aborted')
  const controller = new AbortController()
  const pending = failureOf(logInAs(t, target, { ...login, signal: controller.signal }))
  setImmediate(() => controller.abort())
  t.equal((await pending).kind, 'aborted')
  const late = failureOf(logInAs(t, target, { ...login, signal: AbortSignal.timeout(10) }))
  t.equal((await late).kind, 'timeout', 'a deadline of the caller is a deadline')
})

void t.test('bytes behind the yes to TLS are refused, under every mode', async t => {
  const injected = Buffer.concat([Buffer.from('S'), ok])
  for (const sslMode of ['prefer', 'require', 'verify-full'] as const) {
    const { target } = await fakeServer(t, inTurn(injected))
    const error = await failureOf(dial({ ...target, sslMode }, { connectTimeoutMs: 5_000 }))
    t.match(error, { kind: 'protocol', message: 'bytes came with the answer' }, sslMode)
  }
})

void t.test('an error in place of the answer to SSLRequest is not read', async t => {
  const text = backend.errorResponse({ severity: 'FATAL', code: '53300', message: 'words of nobody' })
  const { target } = await fakeServer(t, inTurn(text))
  const error = await failureOf(dial({ ...target, sslMode: 'require' }, { connectTimeoutMs: 5_000 }))
  t.equal(error.kind, 'tls')
  t.notMatch(error.message, 'nobody')
})

void t.test('a server that closes is unreachable', async t => {
  const { target } = await fakeServer(t, socket => socket.once('data', () => socket.end()))
  t.equal((await failureOf(logInAs(t, target, login))).kind, 'unreachable')
  t.equal((await failureOf(dial({ ...target, sslMode: 'require' }, { connectTimeoutMs: 5_000 }))).kind, 'unreachable')
  const resetting = await fakeServer(t, socket => socket.once('data', () => socket.resetAndDestroy()))
  t.equal((await failureOf(logInAs(t, resetting.target, login))).kind, 'unreachable')
})

void t.test('messages that lie about their length are refused', async t => {
  for (const length of [-1, 0, 3, 100_000, 0x7fffffff]) {
    const header = Buffer.from('R\0\0\0\0', 'latin1')
    header.writeInt32BE(length, 1)
    t.equal((await failureAgainst(t, header)).kind, 'protocol', String(length))
  }
})

void t.test('a login that never ends is cut off', async t => {
  const notice = backend.noticeResponse({ severity: 'NOTICE', code: '00000', message: 'again' })
  for (const message of [backend.parameterStatus('a', 'b'), notice]) {
    const flood = Buffer.concat([ok, ...Array.from({ length: 2_000 }, () => message)])
    t.match(await failureAgainst(t, flood), { kind: 'protocol', message: 'too many messages' })
  }
  const big = backend.parameterStatus('a', 'b'.repeat(60_000))
  const flood = Buffer.concat([ok, big, big, big, big, big])
  t.match(await failureAgainst(t, flood), { kind: 'protocol', message: 'too many bytes' })
})

void t.test('a few notices are kept, the others dropped', async t => {
  const notice = backend.noticeResponse({ severity: 'NOTICE', code: '00000', message: 'again' })
  const { target } = await fakeServer(
    t,
    inTurn(Buffer.concat([ok, ...Array.from({ length: 50 }, () => notice), ready])),
  )
  const { notices, backendKeyData } = await logInAs(t, target, login)
  t.equal(notices.length, 20)
  t.same(notices[19], notice)
  t.equal(backendKeyData, null, 'and a server without cancel keys is fine')
})

void t.test('a SCRAM server that wants our CPU or memory is refused', async t => {
  const salt = Buffer.alloc(16, 1).toString('base64')
  for (const [name, attributes] of [
    ['iterations', (nonce: string) => `r=${nonce}x,s=${salt},i=2000000000`],
    ['nonce', (nonce: string) => `r=${nonce}${'x'.repeat(50_000)},s=${salt},i=4096`],
    ['salt', (nonce: string) => `r=${nonce}x,s=${'A'.repeat(40_000)},i=4096`],
    ['a nonce that is not ours', () => `r=${'x'.repeat(40)},s=${salt},i=4096`],
  ] as const) {
    t.equal((await failureAgainst(t, offer, challenge(attributes))).kind, 'protocol', name)
  }
})

void t.test('a server that can not prove that it knows the password is refused', async t => {
  const salt = Buffer.alloc(16, 1).toString('base64')
  const honest = challenge(nonce => `r=${nonce}x,s=${salt},i=4096`)
  const forged = backend.authenticationSaslFinal(Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`))
  t.equal((await failureAgainst(t, offer, honest, Buffer.concat([ok, ready]))).kind, 'protocol', 'it skips the proof')
  t.equal((await failureAgainst(t, offer, honest, Buffer.concat([forged, ok, ready]))).kind, 'protocol', 'it forges it')
  t.equal((await failureAgainst(t, offer, ok)).kind, 'protocol', 'it skips it all')
})

void t.test('a server that asks twice, for too little or for the unknown is refused', async t => {
  const md5 = backend.authenticationMd5(Buffer.alloc(4))
  for (const parts of [
    [md5, backend.authenticationCleartext()],
    [backend.authenticationSasl(['SCRAM-SHA-1', 'PLAIN'])],
    [backend.authenticationSasl([])],
    [frame('R', Buffer.from([0, 0, 0, 7]))],
    [ready],
    [Buffer.concat([ok, ok])],
    [Buffer.concat([ok, frame('D', Buffer.alloc(2))])],
    [frame('?', Buffer.alloc(0))],
  ]) {
    t.equal((await failureAgainst(t, ...parts)).kind, 'protocol')
  }
})

void t.test('a server may not choose a newer protocol than asked for, nor give 3.0 a long key', async t => {
  const newer = backend.negotiateProtocolVersion({ minor: 2, unsupported: [] })
  t.match(await failureAgainst(t, Buffer.concat([newer, ok, ready])), { kind: 'protocol', message: 'newer' })
  const key = backend.backendKeyData({ processId: 1, secretKey: Buffer.alloc(32) })
  t.match(await failureAgainst(t, Buffer.concat([ok, key, ready])), { kind: 'protocol', message: 'cancel key' })
})

void t.test('an error without a SQLSTATE, or with nonsense for one, is not passed on', async t => {
  const without = frame('E', Buffer.from('SFATAL\0Mno state\0\0'))
  const nonsense = frame('E', Buffer.from('SFATAL\0Cäöü\0Mno state\0\0'))
  const torn = frame('E', Buffer.from('SFATAL\0Cno terminator'))
  for (const message of [without, nonsense, torn, frame('E', Buffer.alloc(0))]) {
    const error = await failureAgainst(t, message)
    t.equal(error.kind, 'protocol')
    t.equal(error.raw, undefined)
  }
})

void t.test('the password is not sent in the clear where others may read along', async t => {
  const talk = { send: () => t.fail('sent'), next: () => t.fail('waited') } as unknown as Conversation
  const onTheNetwork = {
    ...login,
    saltedPasswords: new SaltedPasswords(),
    maxIterations: 1,
    channelBinding: null,
    isPrivate: false,
  }
  const request = { kind: 'authenticationCleartext' } as const
  t.match(await failureOf(authenticate(talk, request, onTheNetwork)), { kind: 'protocol', message: 'without TLS' })
})
