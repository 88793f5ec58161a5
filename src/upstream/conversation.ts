// The server's side of a login, message by message, with a bound on everything: it has proved nothing yet.

import { Buffer } from 'node:buffer'
import { type FieldMap, type LoginMessage, parseBackendMessage } from '../wire/backend-decode.js'
import { frame } from '../wire/frame.js'
import { MAX_BUFFERED_BYTES, MAX_LOGIN_MESSAGE_BYTES } from '../wire/limits.js'
import { type Message, PacketReader } from '../wire/packets.js'
import type { Leg } from './leg.js'
import { UpstreamError } from './upstream-error.js'

export interface LoginLimits {
  /** For the whole login. */
  readonly timeoutMs: number
  readonly maxMessageBytes: number
  /** All bytes received until the session is up. Postgres 18 sends some 700. */
  readonly maxBytes: number
  /** All messages until the session is up. Postgres 18 sends some 20. */
  readonly maxMessages: number
  /** Notices that are kept to be passed on; more are dropped. */
  readonly maxNotices: number
  /** PBKDF2 iterations that a server may ask for (CVE-2026-42198). */
  readonly maxIterations: number
}

export const LOGIN_LIMITS: LoginLimits = {
  timeoutMs: 15_000,
  maxMessageBytes: MAX_LOGIN_MESSAGE_BYTES,
  maxBytes: MAX_BUFFERED_BYTES,
  maxMessages: 500,
  maxNotices: 20,
  maxIterations: 100_000,
}

/** What `next` gives: all that a login's steps have to tell apart. Errors are thrown and notices kept. */
export type Step = Exclude<LoginMessage, { kind: 'error' | 'notice' }>

/** Is the sink of a leg during the login. */
export class Conversation {
  /** NoticeResponse messages as they came, headers included. */
  readonly notices: Buffer[] = []
  readonly #leg: Leg
  readonly #limits: LoginLimits
  readonly #reader: PacketReader
  #bytes = 0
  #messages = 0
  /** Whether anything but notices came. */
  #hasAnswered = false
  #failure: Error | null = null
  #wake: () => void = () => {}

  constructor(leg: Leg, limits: LoginLimits) {
    this.#leg = leg
    this.#limits = limits
    this.#reader = new PacketReader(limits.maxBytes)
    leg.onError = error => this.#fail(error)
    leg.onEnd = () => this.#fail(new UpstreamError('unreachable', 'upstream login: the server closed the connection'))
    leg.onClose = leg.onEnd
    leg.setSink(chunk => this.#take(chunk))
  }

  send(bytes: Buffer): void {
    this.#leg.socket.write(bytes)
  }

  /**
   * Reads the next message. What came before the connection broke is still given: a server says why, then closes.
   * @throws UpstreamError, WireError
   */
  async next(): Promise<Step> {
    for (;;) {
      const message = this.#reader.readMessage(this.#limits.maxMessageBytes)
      if (message === undefined) {
        if (this.#failure !== null) throw this.#failure
        await new Promise<void>(resolve => (this.#wake = resolve))
        continue
      }
      if (++this.#messages > this.#limits.maxMessages) throw flood('messages')
      const parsed = parseBackendMessage(message)
      if (parsed.kind === 'error') throw serverError(parsed.fields, message, !this.#hasAnswered)
      if (parsed.kind !== 'notice') {
        this.#hasAnswered = true
        return parsed
      }
      if (this.notices.length < this.#limits.maxNotices) this.notices.push(raw(message))
    }
  }

  /** Ends the conversation and returns the bytes behind the last message read; later ones wait in the leg. */
  finish(): Buffer {
    this.#leg.removeSink()
    if (this.#failure !== null) throw this.#failure
    return Buffer.from(this.#reader.takeRest())
  }

  #take(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limits.maxBytes) this.#fail(flood('bytes'))
    else this.#reader.push(Buffer.from(chunk))
    this.#wake()
    return this.#failure === null
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }
}

// MAX_ERRLEN, postgres src/interfaces/libpq/fe-connect.c: of a longer one libpq says that it lost synchronization.
const MAX_ERROR_BYTES = 30_000

function serverError(fields: FieldMap, message: Message, isFirstAnswer: boolean): UpstreamError {
  // Drivers take these fields for granted, so an error without them can't be passed on (CVE-2026-6666).
  const sqlstate = fields.get('C')
  if (sqlstate === undefined || !/^[0-9A-Z]{5}$/.test(sqlstate)) {
    return new UpstreamError('protocol', 'upstream login: the server sent an error without a SQLSTATE')
  }
  if (!fields.get('S') || !fields.get('M') || message.body.length > MAX_ERROR_BYTES) {
    return new UpstreamError('protocol', 'upstream login: the server sent an error that no client would understand')
  }
  const refused = sqlstate.startsWith('28')
  const text = `upstream login: the server ${refused ? 'refused the login' : 'answered with an error'} (${sqlstate})`
  return new UpstreamError(refused ? 'login_refused' : 'server', text, { raw: raw(message), sqlstate, isFirstAnswer })
}

function raw({ type, body }: Message): Buffer {
  return frame(type, body)
}

function flood(of: 'messages' | 'bytes'): UpstreamError {
  return new UpstreamError('protocol', `upstream login: the server sent too many ${of}`)
}
