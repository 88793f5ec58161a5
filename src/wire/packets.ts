// Cuts a stream of bytes into packets: push what the socket gave, pull what is complete. Manual, "Message Formats".
//
// A declared length is a claim by a peer that has proved nothing yet. It is checked against the caller's cap as soon as
// its four bytes are here, and memory grows only with bytes that really arrived.

import { Buffer } from 'node:buffer'
import { HEADER_BYTES, LENGTH_BYTES } from './frame.js'
import { MAX_BUFFERED_BYTES, MAX_STARTUP_BYTES } from './limits.js'
import { WireError } from './wire-error.js'

/** One typed message, without its length word. */
export type Message = {
  /** The type: one character, as the manual names it ('R', 'p'). */
  readonly type: string
  /** A view of the bytes received, valid as long as anyone holds it; whoever pushed them must not write to them. */
  readonly body: Buffer
}

const EMPTY = Buffer.alloc(0)

// A version or a request code: the least that a first packet holds.
const MIN_STARTUP_BYTES = 4

export class PacketReader {
  readonly #maxBuffered: number
  // Unread bytes are #bytes[#start, #end). Behind #end is room to append to, in a buffer of our own only.
  #bytes: Buffer = EMPTY
  #start = 0
  #end = 0

  /** Makes an empty reader that holds at most `maxBuffered` unread bytes. */
  constructor(maxBuffered = MAX_BUFFERED_BYTES) {
    this.#maxBuffered = maxBuffered
  }

  /** Bytes pushed and not read yet. */
  get buffered(): number {
    return this.#end - this.#start
  }

  /** The first unread byte, still unread, or undefined: 0x16 opens a TLS handshake, see `TLS_HANDSHAKE_BYTE`. */
  peek(): number | undefined {
    return this.buffered > 0 ? this.#bytes[this.#start] : undefined
  }

  /**
   * Adds bytes behind those unread. The reader keeps `chunk` itself when it can: it is the reader's from now on.
   * @throws WireError `too_much_buffered` when more would be held than allowed; nothing is added then
   */
  push(chunk: Buffer): void {
    if (this.buffered + chunk.length > this.#maxBuffered) {
      throw new WireError('too_much_buffered', `more than ${this.#maxBuffered} bytes wait unread`)
    }
    if (this.buffered === 0) return this.#adopt(chunk)
    this.#makeRoom(chunk.length)
    this.#end += chunk.copy(this.#bytes, this.#end)
  }

  /**
   * Reads a first packet (start-up, SSLRequest, GSSENCRequest or CancelRequest): its body without the length word,
   * or undefined while bytes are missing.
   * @throws WireError `bad_length`, `message_too_long` as soon as the length word is here
   */
  readStartup(maxBytes = MAX_STARTUP_BYTES): Buffer | undefined {
    return this.#readBody(0, MIN_STARTUP_BYTES, maxBytes)
  }

  /**
   * Reads a typed message whose body has at most `maxBytes`, or undefined while bytes are missing.
   * @throws WireError `bad_length`, `message_too_long` as soon as the length word is here
   */
  readMessage(maxBytes: number): Message | undefined {
    const type = this.peek()
    const body = this.#readBody(HEADER_BYTES - LENGTH_BYTES, 0, maxBytes)
    if (type === undefined || body === undefined) return undefined
    return { type: String.fromCharCode(type), body }
  }

  /** Takes all unread bytes out, for the relay to send on. A view, as a message's body is. */
  takeRest(): Buffer {
    const rest = this.#bytes.subarray(this.#start, this.#end)
    this.#adopt(EMPTY)
    return rest
  }

  #readBody(typeBytes: number, minBytes: number, maxBytes: number): Buffer | undefined {
    const headerBytes = typeBytes + LENGTH_BYTES
    if (this.buffered < headerBytes) return undefined
    // Signed, as in postgres: a length over 2^31 shows as negative and is refused as such.
    const bodyBytes = this.#bytes.readInt32BE(this.#start + typeBytes) - LENGTH_BYTES
    if (bodyBytes < minBytes) throw new WireError('bad_length', 'a length word is less than its message must have')
    if (bodyBytes > maxBytes) throw new WireError('message_too_long', `a message is over ${maxBytes} bytes`)
    if (this.buffered < headerBytes + bodyBytes) return undefined
    const bodyStart = this.#start + headerBytes
    this.#start = bodyStart + bodyBytes
    return this.#bytes.subarray(bodyStart, this.#start)
  }

  #adopt(chunk: Buffer): void {
    this.#bytes = chunk
    this.#start = 0
    this.#end = chunk.length
  }

  // Doubling keeps the copying linear when bytes come one at a time. Bytes are never moved within a buffer: bodies that
  // were handed out are views of it.
  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(2 * (this.buffered + bytes))
    this.#end = this.#bytes.copy(grown, 0, this.#start, this.#end)
    this.#start = 0
    this.#bytes = grown
  }
}
