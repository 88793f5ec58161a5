// Follows a stream of messages by their headers alone, to know where one ends: the only place where the relay may put
// in a message of its own (a FATAL before the end). Manual, "Message Formats".
//
// It sees every byte of every session, so it is written for speed: it looks at five bytes a message, skips the body by
// arithmetic, copies nothing and allocates nothing. It trusts neither side: what can't be a message marks it `broken`.

import type { Buffer } from 'node:buffer'
import type { TransactionStatus } from './backend.js'
import { HEADER_BYTES, LENGTH_BYTES } from './frame.js'

const READY_FOR_QUERY = 0x5a // 'Z'

// ReadyForQuery's length word: itself and one byte of status.
const READY_FOR_QUERY_LENGTH = 5

/** Tracks one direction of a session, from the first message after login on. Never throws. */
export class MessageBoundary {
  // The current message: how much of its header is here (0 to 4, 0 once complete), its type and its length word.
  #headerBytes = 0
  #type = 0
  #length = 0
  #remaining = 0
  #lastType: number | null = null
  #lastStatus = 0
  #messages = 0
  #counted = 0
  #broken = false
  /** 1 for each type that is counted. */
  readonly #counts = new Uint8Array(256)

  /** @param counted the types of message to count: `QSF` are the ones that a server answers with a ReadyForQuery each */
  constructor(counted = '') {
    for (const type of counted) this.#counts[type.charCodeAt(0)] = 1
  }

  /** Whether a message of ours could go in here: none has begun that has not ended. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#remaining === 0 && !this.#broken
  }

  /** Bytes until the current message ends; 0 at a boundary, and while its header is not complete. */
  get remaining(): number {
    return this.#remaining
  }

  /** The type byte of the last complete message, or null before the first. */
  get lastType(): number | null {
    return this.#lastType
  }

  /** What the last complete ReadyForQuery said, or null: before the first, or when it said nonsense. */
  get transactionStatus(): TransactionStatus | null {
    const status = String.fromCharCode(this.#lastStatus)
    return status === 'I' || status === 'T' || status === 'E' ? status : null
  }

  /**
   * Whether the stream is at a boundary and the last message was ReadyForQuery. A server may send a notice, a parameter
   * or a notification at any time, so an idle session may show as not idle. What the client has sent since isn't known.
   */
  get idle(): boolean {
    return this.atBoundary && this.#lastType === READY_FOR_QUERY
  }

  /** Complete messages so far. */
  get messages(): number {
    return this.#messages
  }

  /** Complete messages so far of the types to count. */
  get counted(): number {
    return this.#counted
  }

  /** Whether a length word was less than 4 or over 2^31 - 1. Nothing is known from there on, and never will be. */
  get broken(): boolean {
    return this.#broken
  }

  /** Takes in the stream's next bytes: the first `length` of `chunk`, which is neither kept nor changed. */
  feed(chunk: Buffer, length = chunk.length): void {
    let at = 0
    while (at < length && !this.#broken) {
      if (this.#remaining > 0) at = this.#skipBody(chunk, at, length)
      else if (this.#headerBytes > 0 || length - at < HEADER_BYTES) at = this.#collectHeader(chunk, at)
      else at = this.#skipMessages(chunk, at, length)
    }
  }

  // The hot path: messages that lie in the chunk whole. State is kept in locals until it ends.
  #skipMessages(chunk: Buffer, from: number, length: number): number {
    let at = from
    const counts = this.#counts
    let messages = 0
    let counted = 0
    let type = 0
    let status = this.#lastStatus
    while (length - at >= HEADER_BYTES) {
      const next = byteAt(chunk, at)
      // Signed: a length over 2^31 - 1 shows as negative.
      const word =
        (byteAt(chunk, at + 1) << 24) |
        (byteAt(chunk, at + 2) << 16) |
        (byteAt(chunk, at + 3) << 8) |
        byteAt(chunk, at + 4)
      // Compared so that no sum can pass 2^31, where numbers turn slow.
      if (word < LENGTH_BYTES || word - LENGTH_BYTES > length - at - HEADER_BYTES) {
        this.#begin(next, word)
        at += HEADER_BYTES
        break
      }
      type = next
      if (type === READY_FOR_QUERY) status = word === READY_FOR_QUERY_LENGTH ? byteAt(chunk, at + HEADER_BYTES) : 0
      messages++
      counted += counts[type] as number
      at += 1 + word
    }
    if (messages > 0) this.#lastType = type
    this.#lastStatus = status
    this.#messages += messages
    this.#counted += counted
    return at
  }

  // One byte of a header that came in pieces.
  #collectHeader(chunk: Buffer, at: number): number {
    const byte = byteAt(chunk, at)
    if (this.#headerBytes === 0) this.#type = byte
    else this.#length = (this.#length << 8) | byte
    this.#headerBytes++
    if (this.#headerBytes === HEADER_BYTES) this.#begin(this.#type, this.#length)
    return at + 1
  }

  #begin(type: number, word: number): void {
    this.#headerBytes = 0
    this.#type = type
    this.#length = word
    this.#broken = word < LENGTH_BYTES
    this.#remaining = this.#broken ? 0 : word - LENGTH_BYTES
    if (word === LENGTH_BYTES) this.#end(0)
  }

  #skipBody(chunk: Buffer, at: number, length: number): number {
    const skipped = Math.min(this.#remaining, length - at)
    this.#remaining -= skipped
    if (this.#remaining === 0) this.#end(byteAt(chunk, at))
    return at + skipped
  }

  // `firstByte` is the body's first, if the body has just one: only then is it asked for.
  #end(firstByte: number): void {
    if (this.#type === READY_FOR_QUERY) this.#lastStatus = this.#length === READY_FOR_QUERY_LENGTH ? firstByte : 0
    this.#lastType = this.#type
    this.#messages++
    this.#counted += this.#counts[this.#type] as number
  }
}

// Every caller has checked that the byte is there.
function byteAt(chunk: Buffer, at: number): number {
  return chunk[at] as number
}
