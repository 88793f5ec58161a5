// Connects to an upstream, with TLS as its sslmode asks. Manual, "SSL Session Encryption" and libpq's "SSL Support".

import { Buffer } from 'node:buffer'
import { encodeSslRequest } from '../wire/startup.js'
import { parseEncryptionAnswer } from '../wire/encryption.js'
import { WireError } from '../wire/wire-error.js'
import { withDeadline } from './deadline.js'
import { Leg, READ_BUFFER_BYTES } from './leg.js'
import { isUnixSocket, type Target } from './target.js'
import { tlsOptions } from './tls-options.js'
import { asUpstreamError, UpstreamError, type UpstreamErrorKind } from './upstream-error.js'

// Under a mode that insists on TLS only the answer to SSLRequest is read in the clear: one byte, if it is an honest one.
const ANSWER_BUFFER_BYTES = 64

const SSL_REQUEST_STEP = 'upstream SSLRequest'

export interface DialOptions {
  /** For name look-up, connect and TLS together. */
  readonly connectTimeoutMs: number
  /** To give up earlier. */
  readonly signal?: AbortSignal
}

/**
 * Connects and returns a leg without a sink, ready for `logIn`; it is the caller's to destroy.
 * `prefer` falls back to plaintext when the server refuses TLS or the handshake fails, as libpq does: it protects from
 * nobody who can touch the packets.
 * @throws UpstreamError `unreachable`, `timeout`, `aborted`, `tls`, or `protocol` for bytes sent ahead of the handshake
 */
export async function dial(target: Target, { connectTimeoutMs, signal }: DialOptions): Promise<Leg> {
  const step = `upstream connect to ${describe(target)}`
  return withDeadline({ step, timeoutMs: connectTimeoutMs, signal }, async deadline => {
    const leg = await connect(target, deadline)
    if (isUnixSocket(target) || target.sslMode === 'disable') return leg
    try {
      return await secure(leg, target, deadline)
    } catch (error) {
      leg.destroy()
      if (target.sslMode === 'prefer' && isTlsFailure(error)) return connect(target, deadline)
      throw error
    }
  })
}

async function connect(target: Target, deadline: AbortSignal): Promise<Leg> {
  const { host, port } = target
  const leg = isUnixSocket(target)
    ? new Leg({ path: `${host}/.s.PGSQL.${port}` })
    : new Leg({ host, port }, mayStayPlain(target) ? READ_BUFFER_BYTES : ANSWER_BUFFER_BYTES)
  leg.destroyOn(deadline)
  await attempt('unreachable', `upstream connect to ${describe(target)}`, leg.connected())
  return leg
}

async function secure(leg: Leg, target: Target, deadline: AbortSignal): Promise<Leg> {
  const answer = readAnswer(await attempt('unreachable', SSL_REQUEST_STEP, askForTls(leg)))
  if (answer === 'refused') {
    if (target.sslMode === 'prefer') return leg
    throw new UpstreamError('tls', `${SSL_REQUEST_STEP}: the server has no TLS, but sslmode is ${target.sslMode}`)
  }
  await attempt('tls', 'upstream TLS handshake', leg.startTls(tlsOptions(target)))
  deadline.throwIfAborted()
  return leg
}

// Nothing is read between the answer and the handshake: bytes in the clear would pass as sent within TLS
// (CVE-2021-23222). The leg stops reading after the first chunk, and a chunk of more than the answer is refused.
function askForTls(leg: Leg): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    leg.onEnd = () => reject(new Error('the server closed the connection'))
    leg.onError = reject
    leg.onClose = leg.onEnd
    leg.setSink(bytes => {
      leg.removeSink()
      resolve(Buffer.from(bytes))
      return false
    })
    leg.socket.write(encodeSslRequest())
  })
}

function readAnswer(chunk: Buffer): 'accepted' | 'refused' {
  try {
    return parseEncryptionAnswer(chunk) ?? 'refused'
  } catch (error) {
    const isAttack = error instanceof WireError && error.code === 'bytes_before_tls'
    throw asUpstreamError(isAttack ? 'protocol' : 'tls', SSL_REQUEST_STEP, error)
  }
}

async function attempt<T>(kind: UpstreamErrorKind, step: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw asUpstreamError(kind, step, error)
  }
}

function mayStayPlain({ sslMode }: Target): boolean {
  return sslMode === 'disable' || sslMode === 'prefer'
}

function isTlsFailure(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'tls'
}

function describe({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
