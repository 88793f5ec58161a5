/**
 * The common grammar of SCRAM messages: comma-separated `name=value` attributes in a fixed order (RFC 5802 s.5.1, s.7).
 * Messages are kept as latin1 strings, one character a byte, so that what gets hashed is exactly what was received.
 */
import { ScramError } from './scram-error.js'

/**
 * Turns a message into a string of one character a byte.
 *
 * @throws ScramError `message_too_long` over `maxBytes`; `malformed_message` when empty or with a zero byte in it, as
 * Postgres does (scram_exchange, auth-scram.c)
 */
export function readText(data: Buffer, maxBytes: number): string {
  if (data.length > maxBytes) throw new ScramError('message_too_long')
  if (data.length === 0) throw new ScramError('malformed_message', { detail: 'empty' })
  if (data.includes(0)) throw new ScramError('malformed_message', { detail: 'zero byte' })
  return data.toString('latin1')
}

/** Walks over the attributes of one message, each read once and in order; its time is linear in the message. */
export class AttributeReader {
  readonly #text: string
  #offset: number

  constructor(text: string) {
    this.#text = text
    this.#offset = 0
  }

  /** True when nothing is left; false after a trailing comma, whose missing attribute the next read refuses. */
  get done(): boolean {
    return this.#offset > this.#text.length
  }

  /** Where in the message the next attribute begins. */
  get offset(): number {
    return this.#offset
  }

  /**
   * Reads the next attribute, whatever its name.
   *
   * @throws ScramError `malformed_message` unless it is a letter, `=` and a value (which may be empty)
   */
  next(): { name: string; value: string } {
    const start = this.#offset
    const name = this.#text.charAt(start)
    if (!/^[A-Za-z]$/.test(name) || this.#text.charAt(start + 1) !== '=') {
      throw new ScramError('malformed_message', { detail: 'attribute expected' })
    }
    const comma = this.#text.indexOf(',', start + 2)
    const end = comma === -1 ? this.#text.length : comma
    this.#offset = end + 1
    return { name, value: this.#text.slice(start + 2, end) }
  }

  /**
   * Reads the value of the attribute that must come next.
   *
   * @throws ScramError `unsupported_extension` when `m=` stands there instead, else `malformed_message`
   */
  take(expected: string): string {
    const { name, value } = this.next()
    if (name === expected) return value
    if (name === 'm') throw new ScramError('unsupported_extension')
    throw new ScramError('malformed_message', { detail: `attribute ${expected} expected` })
  }

  /** Steps over optional extensions to the end: well-formed ones are ignored, as RFC 5802 s.5.1 demands. */
  skipExtensions(): void {
    while (!this.done) this.next()
  }
}

/**
 * Decodes base64 in its one canonical form: padded, no white space, no stray bits.
 *
 * @throws ScramError `invalid_encoding`
 */
export function decodeBase64(value: string): Buffer {
  // Node's decoder skips what it does not know, so only what encodes back to the same text was base64.
  const bytes = Buffer.from(value, 'base64')
  if (bytes.toString('base64') !== value) throw new ScramError('invalid_encoding', { detail: 'base64 expected' })
  return bytes
}

/** Tells whether a nonce is what RFC 5802 s.7 calls printable: at least one character, ASCII 0x21-0x7E, no comma. */
export function isPrintable(value: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(value)
}
