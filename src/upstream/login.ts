// Logs in to an upstream as one of its roles, up to the first ReadyForQuery. Manual, "Start-up".

import { Buffer } from 'node:buffer'
import type net from 'node:net'
import type { TransactionStatus } from '../wire/backend.js'
import { isLoopback } from '../model/network.js'
import { binary } from '../wire/binary-string.js'
import { MIN_CANCEL_KEY_BYTES } from '../wire/limits.js'
import type { MinorVersion } from '../wire/negotiate.js'
import { type CancelKey, encodeStartup } from '../wire/startup.js'
import { authenticate } from './authenticate.js'
import { Conversation, LOGIN_LIMITS, type LoginLimits, type Step } from './conversation.js'
import { withDeadline } from './deadline.js'
import type { Leg } from './leg.js'
import type { SaltedPasswords } from './salted-passwords.js'
import { channelBindingOf } from './tls-options.js'
import { asUpstreamError, UpstreamError } from './upstream-error.js'

export interface LoginOptions {
  readonly user: string
  readonly password: string
  readonly dbname: string
  /** Further start-up parameters in order, as binary strings (wire/binary-string). `user` and `database` are ours. */
  readonly parameters: ReadonlyMap<string, string>
  /** The version to ask for. Ask for 3.0 on behalf of a client that speaks it: its cancel keys have 4 bytes. */
  readonly minor: MinorVersion
  readonly saltedPasswords: SaltedPasswords
  /** Replace single limits of LOGIN_LIMITS. */
  readonly limits?: Partial<LoginLimits>
  /** To give up earlier than `limits.timeoutMs`. */
  readonly signal?: AbortSignal
}

/** A session that is ready for its first query. */
export interface UpstreamSession {
  /** Without a sink: set one to have the bytes that follow `rest`. */
  readonly leg: Leg
  readonly socket: net.Socket
  /** The version that the server chose: not above the one asked for. */
  readonly minor: MinorVersion
  /** Name and value as binary strings, in the server's order; of a name sent twice the last value. */
  readonly parameterStatus: ReadonlyMap<string, string>
  /** For CancelRequest; null when the server gave none. Never log the key. */
  readonly backendKeyData: CancelKey | null
  /** NoticeResponse messages as they came, headers included; a login script's words to the user. */
  readonly notices: readonly Buffer[]
  readonly transactionStatus: TransactionStatus
  /** Bytes that came behind ReadyForQuery in the same read; mostly none. They belong before all that the sink gets. */
  readonly rest: Buffer
}

/**
 * Logs in over a fresh leg. When it fails the leg is destroyed.
 * @throws UpstreamError `login_refused` and `server` with the server's ErrorResponse, `timeout`, `aborted`,
 * `unreachable`, and `protocol` for anything that no honest server does: too much, too long, out of order, no proof
 */
export async function logIn(leg: Leg, options: LoginOptions): Promise<UpstreamSession> {
  const limits = { ...LOGIN_LIMITS, ...options.limits }
  const deadline = { step: 'upstream login', timeoutMs: limits.timeoutMs, signal: options.signal }
  try {
    return await withDeadline(deadline, async signal => {
      leg.destroyOn(signal)
      return converse(leg, options, limits)
    })
  } catch (error) {
    leg.destroy()
    throw asUpstreamError(error === leg.failure ? 'unreachable' : 'protocol', 'upstream login', error)
  }
}

async function converse(leg: Leg, options: LoginOptions, limits: LoginLimits): Promise<UpstreamSession> {
  const talk = new Conversation(leg, limits)
  talk.send(encodeStartup({ minor: options.minor, parameters: startupParameters(options) }))
  const first = await talk.next()
  const minor = first.kind === 'negotiateProtocolVersion' ? chosenMinor(first.minor, options.minor) : options.minor
  await authenticate(talk, first.kind === 'negotiateProtocolVersion' ? await talk.next() : first, {
    ...options,
    maxIterations: limits.maxIterations,
    channelBinding: channelBindingOf(leg.tls),
    isPrivate: isPrivate(leg),
  })
  return awaitReady(leg, talk, minor)
}

async function awaitReady(leg: Leg, talk: Conversation, minor: MinorVersion): Promise<UpstreamSession> {
  const parameterStatus = new Map<string, string>()
  let backendKeyData: CancelKey | null = null
  for (;;) {
    const step = await talk.next()
    switch (step.kind) {
      case 'parameterStatus':
        parameterStatus.set(step.name, step.value)
        break
      case 'backendKeyData':
        backendKeyData = checkedKey(step, minor)
        break
      case 'readyForQuery': {
        const { notices } = talk
        const rest = talk.finish()
        const transactionStatus = step.status
        return { leg, socket: leg.socket, minor, parameterStatus, backendKeyData, notices, transactionStatus, rest }
      }
      default:
        throw unexpected(step)
    }
  }
}

function startupParameters({ user, dbname, parameters }: LoginOptions): Map<string, string> {
  const ours = new Map([...parameters].filter(([name]) => name !== 'user' && name !== 'database'))
  return new Map([['user', binary(user)], ['database', binary(dbname)], ...ours])
}

function chosenMinor(chosen: number, asked: MinorVersion): MinorVersion {
  if (chosen > asked)
    throw new UpstreamError('protocol', 'upstream login: the server chose a newer protocol than asked')
  return chosen === 2 ? 2 : 0
}

// A 3.0 client can't take a longer key, and libpq ends the connection over one.
function checkedKey({ processId, secretKey }: CancelKey, minor: MinorVersion): CancelKey {
  if (minor === 0 && secretKey.length !== MIN_CANCEL_KEY_BYTES) {
    throw new UpstreamError('protocol', 'upstream login: a cancel key of protocol 3.0 must have 4 bytes')
  }
  return { processId, secretKey: Buffer.from(secretKey) }
}

function isPrivate({ tls, socket }: Leg): boolean {
  // A Unix socket has no remote address.
  return tls !== null || socket.remoteAddress === undefined || isLoopback(socket.remoteAddress)
}

function unexpected(step: Step): UpstreamError {
  return new UpstreamError('protocol', `upstream login: ${step.kind} where the session was to begin`)
}
