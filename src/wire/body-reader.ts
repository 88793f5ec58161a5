// Reads the fields of one message's body, front to back, in time linear in the bytes read.

import type { Buffer } from 'node:buffer'
import { WireError } from './wire-error.js'

/** Walks through a body that is in memory already. Every method throws WireError, never RangeError. */
export class BodyReader {
  readonly #body: Buffer
  readonly #name: string
  #offset = 0

  /** Begins at the body's first byte. `name` is the message's name in the manual, for the errors' messages. */
  constructor(body: Buffer, name: string) {
    this.#body = body
    this.#name = name
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#body.length - this.#offset
  }

  /** Reads one byte. Throws `message_too_short`. */
  byte(field: string): number {
    return this.bytes(1, field).readUInt8(0)
  }

  /** Reads a signed integer of four bytes. Throws `message_too_short`. */
  int32(field: string): number {
    return this.bytes(4, field).readInt32BE(0)
  }

  /** Reads a terminated string as a binary string, without the terminator. Throws `bad_string`. */
  binaryString(field: string): string {
    return this.terminated(field).toString('latin1')
  }

  /** Reads a terminated string as UTF-8, without the terminator; other bytes become U+FFFD. Throws `bad_string`. */
  text(field: string): string {
    return this.terminated(field).toString('utf8')
  }

  /** Takes `count` bytes, not negative. The result is a view of the body, not a copy. Throws `message_too_short`. */
  bytes(count: number, field: string): Buffer {
    if (count > this.left) throw new WireError('message_too_short', `${this.#name} ends before its ${field}`)
    const start = this.#offset
    this.#offset += count
    return this.#body.subarray(start, this.#offset)
  }

  /** Takes all that is left, as a view too. */
  rest(): Buffer {
    return this.bytes(this.left, 'end')
  }

  /** Checks that nothing is left. Throws `trailing_bytes`. */
  end(): void {
    if (this.left > 0) throw new WireError('trailing_bytes', `${this.#name} goes on after its last field`)
  }

  /** Takes a terminated string's bytes, as a view without the terminator. Throws `bad_string`. */
  terminated(field: string): Buffer {
    const terminator = this.#body.indexOf(0, this.#offset)
    if (terminator < 0) throw new WireError('bad_string', `${this.#name}: its ${field} is not terminated`)
    const bytes = this.#body.subarray(this.#offset, terminator)
    this.#offset = terminator + 1
    return bytes
  }
}
