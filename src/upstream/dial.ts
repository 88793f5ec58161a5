// Connects to an upstream, with TLS as its sslmode asks. Manual, "SSL Session Encryption" and libpq's "SSL Support".

import { Buffer } from 'node:buffer'
import { encodeSslRequest } from '../wire/startup.js'
import { parseEncryptionAnswer } from '../wire/encryption.js'
import { WireError } from '../wire/wire-error.js'
import { withDeadline } from './deadline.js'
import { hostNames, type HostNames } from './host-names.js'
import { Leg, READ_BUFFER_BYTES } from './leg.js'
import { reach, reachAddress, type Reach } from './reach.js'
import { addressText, isUnixSocket, type Target } from './target.js'
import { tlsOptions } from './tls-options.js'
import { asUpstreamError, attempt, UpstreamError } from './upstream-error.js'

// Under a mode that insists on TLS only the answer to SSLRequest is read in the clear: one byte, if it is an honest one.
const ANSWER_BUFFER_BYTES = 64

const SSL_REQUEST_STEP = 'upstream SSLRequest'

export interface DialOptions {
  /** For name look-up, connect and TLS together. */
  readonly connectTimeoutMs: number
  /** To give up earlier. */
  readonly signal?: AbortSignal
  /** Default: the names of the process. */
  readonly names?: HostNames
}

/**
 * Connects and returns a leg without a sink, ready for `logIn`; it is the caller's to destroy.
 * `prefer` falls back to plaintext when the server refuses TLS or the handshake fails, as libpq does: it protects from
 * nobody who can touch the packets.
 * @throws UpstreamError `unreachable`, `timeout`, `aborted`, `tls`, or `protocol` for bytes sent ahead of the handshake
 */
export async function dial(target: Target, { connectTimeoutMs, signal, names }: DialOptions): Promise<Leg> {
  const step = `upstream connect to ${addressText(target)}`
  const until = performance.now() + connectTimeoutMs
  return withDeadline({ step, timeoutMs: connectTimeoutMs, signal }, async deadline => {
    const readBufferBytes = mayStayPlain(target) ? READ_BUFFER_BYTES : ANSWER_BUFFER_BYTES
    const way: Reach = { target, step, readBufferBytes, deadline, until, names: names ?? hostNames }
    const { leg, address } = await reach(way)
    if (isUnixSocket(target) || target.sslMode === 'disable') return leg
    try {
      return await secure(leg, target, deadline)
    } catch (error) {
      leg.destroy()
      if (target.sslMode === 'prefer' && isTlsFailure(error)) {
        return attempt('unreachable', step, reachAddress(way, address))
      }
      // Another server may have got the address since.
      way.names.suspect(target.host)
      throw error
    }
  })
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

function mayStayPlain({ sslMode }: Target): boolean {
  return sslMode === 'disable' || sslMode === 'prefer'
}

function isTlsFailure(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'tls'
}
