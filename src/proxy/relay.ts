// Bytes both ways between a client and its database, until one of them, or the proxy, ends it.
//
// The relay forwards chunks as they come and looks at message headers only, to know where a message ends: there, and
// only there, a FATAL of our own may go to the client. Memory a session: one read buffer of the leg, one chunk of the
// client, and what the two kernels hold. A peer that does not read stops the other one from being read.

import type net from 'node:net'
import type { Leg } from '../upstream/leg.js'
import { MessageBoundary } from '../wire/boundary.js'
import { terminate, TERMINATE } from '../wire/frontend.js'

export interface RelayEnd {
  readonly how:
    /** The client said Terminate. */
    | 'client_closed'
    /** The client went away without Terminate, or its connection failed. */
    | 'client_lost'
    /** The database closed the session. */
    | 'upstream_closed'
    /** The connection to the database failed. */
    | 'upstream_lost'
    /** The proxy ended it. */
    | 'ended'
  readonly bytesFromClient: number
  readonly bytesFromUpstream: number
  readonly error?: Error
}

/** Sums over all relays. An addition must be cheap: it happens for every chunk. */
export interface Traffic {
  readonly toUpstream: { add(bytes: number): void }
  readonly toClient: { add(bytes: number): void }
}

export interface RelayOptions {
  /** Paused, with no listeners but for errors. */
  readonly client: net.Socket
  /** What the client sent before the relay began. */
  readonly clientEarly: Buffer
  /** Without a sink. */
  readonly leg: Leg
  /** What the upstream sent before the relay began. */
  readonly upstreamEarly: Buffer
  readonly traffic: Traffic
  /** Asks the upstream to cancel what runs; used when the session is over but a query is not. Must not reject. */
  readonly cancel: () => Promise<void>
  /** Makes what the client is told when the upstream is lost without a word of its own: a whole ErrorResponse. */
  readonly upstreamLost: () => Buffer
}

/** How long both peers have after the proxy ended the session. It must not hang on a client that does not read, nor
 * on a server that does not answer. */
const LAST_WORDS_MS = 700

/** How long a server that seems idle has to leave before what may run there is cancelled. */
const STRAGGLER_MS = 150

/** How long one side may stay open and silent after the other one has closed. */
const HALF_OPEN_MS = 30_000

const TERMINATE_TYPE = TERMINATE.charCodeAt(0)
const ERROR_RESPONSE_TYPE = 0x45 // 'E'

const READY_FOR_QUERY = 'Z'
/** Query, Sync and FunctionCall: the server answers each with one ReadyForQuery. Of a Sync in the midst of COPY it takes
 * no notice; such a session just never counts as idle again. */
const ANSWERED_WITH_READY = 'QSF'

export class Relay {
  readonly #options: RelayOptions
  readonly #client: net.Socket
  readonly #leg: Leg
  readonly #fromUpstream = new MessageBoundary(READY_FOR_QUERY)
  readonly #fromClient = new MessageBoundary(ANSWERED_WITH_READY)
  readonly #done: Promise<RelayEnd>
  #finish: (end: RelayEnd) => void = () => {}
  #how: RelayEnd['how'] | undefined
  #error: Error | undefined
  #bytesFromClient = 0
  #bytesFromUpstream = 0
  /** Whether the client has sent anything that the upstream has not answered with ReadyForQuery. */
  #asked = false
  #legIsPaused = false
  #lastWords: Buffer | undefined
  #clientIsOpen = true
  /** Whether the last words have left for the client: what it does with its end of the connection is its own affair. */
  #clientIsTold = false
  #legIsOpen = true
  #timer: NodeJS.Timeout | undefined
  #cancelTimer: NodeJS.Timeout | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.#client = options.client
    this.#leg = options.leg
    this.#done = new Promise(resolve => (this.#finish = resolve))
  }

  /** Whether the session waits for a query, outside any transaction. True right after login. */
  get isIdle(): boolean {
    const { messages, idle, transactionStatus } = this.#fromUpstream
    return !this.#asked && (messages === 0 || (idle && transactionStatus === 'I'))
  }

  get bytesFromClient(): number {
    return this.#bytesFromClient
  }

  get bytesFromUpstream(): number {
    return this.#bytesFromUpstream
  }

  /** Whether something may run in the database. */
  get #isBusy(): boolean {
    const { messages, idle } = this.#fromUpstream
    return this.#asked || !(idle || messages === 0)
  }

  /** Forwards until both sides are closed, or until the database is closed and the client has been sent its last words.
   * Never rejects. */
  run(): Promise<RelayEnd> {
    const { clientEarly, upstreamEarly } = this.#options
    this.#listen()
    if (upstreamEarly.length > 0) this.#onUpstreamData(Buffer.from(upstreamEarly))
    if (clientEarly.length > 0) this.#onClientData(clientEarly)
    this.#leg.setSink(this.#onUpstreamData)
    this.#client.resume()
    // What happened before there was anyone to listen.
    if (this.#leg.socket.destroyed) this.#onLegClose()
    else if (this.#leg.ended) this.#onLegEnd()
    if (this.#client.destroyed) this.#onClientClose()
    else if (this.#client.readableEnded) this.#onClientEnd()
    return this.#done
  }

  /** Ends the session: cancels what runs, sends the client `lastWords` (a whole ErrorResponse) at the next message
   * boundary, and closes both sides, within about a second whatever they do. */
  end(lastWords: Buffer): void {
    if (this.#lastWords) return
    this.#conclude('ended')
    this.#lastWords = lastWords
    this.#client.off('data', this.#onClientData).resume()
    this.#leaveUpstream()
    this.#sayLastWords()
  }

  #listen(): void {
    const { socket } = this.#leg
    this.#client.on('data', this.#onClientData)
    this.#client.on('end', this.#onClientEnd)
    this.#client.on('error', error => this.#conclude('client_lost', error))
    this.#client.on('close', this.#onClientClose)
    socket.on('drain', () => this.#client.resume())
    this.#leg.onEnd = this.#onLegEnd
    this.#leg.onError = error => this.#conclude('upstream_lost', error)
    this.#leg.onClose = this.#onLegClose
  }

  readonly #onClientData = (chunk: Buffer): void => {
    this.#bytesFromClient += chunk.length
    this.#options.traffic.toUpstream.add(chunk.length)
    this.#fromClient.feed(chunk)
    this.#asked = true
    if (!this.#leg.socket.write(chunk)) this.#client.pause()
  }

  readonly #onUpstreamData = (chunk: Buffer): boolean => {
    if (this.#lastWords) return this.#onLateUpstreamData(chunk)
    this.#bytesFromUpstream += chunk.length
    this.#options.traffic.toClient.add(chunk.length)
    this.#fromUpstream.feed(chunk)
    if (this.#fromUpstream.idle && this.#fromUpstream.counted >= this.#fromClient.counted) this.#asked = false
    this.#timer?.refresh()
    this.#client.write(chunk, this.#onFlushed)
    // The chunk is the leg's read buffer: nothing may be read into it before the client's socket has let go of it.
    this.#legIsPaused = this.#client.writableLength > 0
    return !this.#legIsPaused
  }

  readonly #onFlushed = (): void => {
    if (!this.#legIsPaused || this.#client.writableLength > 0) return
    this.#legIsPaused = false
    this.#leg.resume()
  }

  /** After `end`: the rest of the message that was under way still goes to the client, everything else is dropped, so
   * that the server can go on to its cancel and to Terminate. */
  #onLateUpstreamData(chunk: Buffer): boolean {
    if (this.#client.writableEnded || this.#client.destroyed) return true
    const rest = this.#feedToBoundary(chunk)
    // A copy: reading does not stop any more, so the read buffer is used again at once.
    if (rest.length > 0) this.#client.write(Buffer.from(rest))
    this.#sayLastWords()
    return true
  }

  /** Feeds the chunk up to the end of the current message, and returns that part of it. */
  #feedToBoundary(chunk: Buffer): Buffer {
    let length = 0
    while (length < chunk.length && !this.#fromUpstream.atBoundary && !this.#fromUpstream.broken) {
      // Within a header the end is not known yet: it is at most four bytes away.
      const step = Math.min(this.#fromUpstream.remaining || 1, chunk.length - length)
      this.#fromUpstream.feed(chunk.subarray(length, length + step))
      length += step
    }
    return chunk.subarray(0, length)
  }

  #sayLastWords(): void {
    if (this.#fromUpstream.atBoundary && !this.#client.writableEnded)
      this.#client.end(this.#lastWords ?? '', this.#onTold)
  }

  readonly #onTold = (): void => {
    this.#clientIsTold = true
    this.#settle()
  }

  /** Leaves the database: cancels what runs there, says Terminate, and hangs up if it does not go in time. */
  #leaveUpstream(): void {
    // A server that seems idle leaves at once on Terminate, unless the client had more in the pipeline.
    this.#cancelTimer ??= setTimeout(() => void this.#options.cancel(), this.#isBusy ? 0 : STRAGGLER_MS)
    // Behind half a message of the client's, Terminate would be taken for the rest of it: then the end has to do.
    if (!this.#leg.socket.writableEnded) this.#leg.socket.end(this.#fromClient.atBoundary ? terminate() : '')
    this.#closeWithin(LAST_WORDS_MS)
  }

  readonly #onClientEnd = (): void => {
    this.#conclude(this.#hasTerminated() ? 'client_closed' : 'client_lost')
    // Half-close: what the database still has to say goes to the client.
    if (!this.#leg.socket.writableEnded) this.#leg.socket.end()
    if (!this.#lastWords) this.#closeWithin(HALF_OPEN_MS)
  }

  readonly #onLegEnd = (): void => {
    this.#conclude(this.#hasTerminated() ? 'client_closed' : 'upstream_closed')
    this.#endClient()
    if (!this.#leg.socket.writableEnded) this.#leg.socket.end()
    if (!this.#lastWords) this.#closeWithin(HALF_OPEN_MS)
  }

  readonly #onClientClose = (): void => {
    if (!this.#clientIsOpen) return
    this.#clientIsOpen = false
    this.#conclude('client_lost')
    // Nobody reads the answers any more: drop them, so that the server can end.
    this.#leg.setSink(() => true)
    if (this.#legIsOpen) this.#leaveUpstream()
    this.#settle()
  }

  readonly #onLegClose = (): void => {
    if (!this.#legIsOpen) return
    this.#legIsOpen = false
    clearTimeout(this.#cancelTimer)
    this.#conclude(this.#hasTerminated() ? 'client_closed' : 'upstream_closed')
    this.#endClient()
    if (this.#clientIsOpen && !this.#lastWords) this.#closeWithin(HALF_OPEN_MS)
    this.#settle()
  }

  /** Closes the client's side, with a word about why if the upstream went without one. */
  #endClient(): void {
    if (this.#client.writableEnded) return
    const { atBoundary, lastType } = this.#fromUpstream
    const isLoss = this.#how === 'upstream_closed' || this.#how === 'upstream_lost'
    if (this.#lastWords) this.#client.end(atBoundary ? this.#lastWords : '', this.#onTold)
    else if (isLoss && atBoundary && lastType !== ERROR_RESPONSE_TYPE) this.#client.end(this.#options.upstreamLost())
    else this.#client.end()
  }

  #hasTerminated(): boolean {
    return this.#fromClient.lastType === TERMINATE_TYPE && this.#fromClient.atBoundary
  }

  /** Notes how it ended; the first cause counts. */
  #conclude(how: RelayEnd['how'], error?: Error): void {
    if (this.#how) return
    this.#how = how
    this.#error = error
  }

  #closeWithin(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      // Hanging up stops no query: it would go on with nobody to read it, and with no session left to end.
      if (!this.#leg.ended && this.#isBusy && !this.#cancelTimer) void this.#options.cancel()
      this.#client.destroy()
      this.#leg.destroy()
    }, ms)
  }

  #settle(): void {
    if (this.#legIsOpen || (this.#clientIsOpen && !this.#clientIsTold)) return
    // A client that was told may still have its end open: then the timer closes it.
    if (!this.#clientIsOpen) clearTimeout(this.#timer)
    this.#finish({
      how: this.#how ?? 'ended',
      bytesFromClient: this.#bytesFromClient,
      bytesFromUpstream: this.#bytesFromUpstream,
      ...(this.#error && { error: this.#error }),
    })
  }
}
