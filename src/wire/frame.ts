// Builds messages: a type byte, a length word that counts itself, the body. Manual, "Message Formats".

import { Buffer } from 'node:buffer'
import { WireError } from './wire-error.js'

/** Bytes of a length word. */
export const LENGTH_BYTES = 4

/** Bytes of a message's type and length word. */
export const HEADER_BYTES = 5

/** Builds a typed message from the parts of its body. `type` is one ASCII character. The result is a fresh buffer. */
export function frame(type: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), untypedFrame(...parts)])
}

/** Builds a packet without a type, as only the first packets of a connection are. */
export function untypedFrame(...parts: readonly Buffer[]): Buffer {
  const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([int32(LENGTH_BYTES + bodyBytes), ...parts])
}

/** Encodes an integer, signed or unsigned, as four bytes in network order. Higher bits are dropped. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

/**
 * Encodes text as UTF-8 with its terminator.
 * @param field what the text is, for the error's message
 * @throws WireError `bad_string` when it holds a NUL, which would end the string early and smuggle in the next field
 */
export function textString(text: string, field: string): Buffer {
  refuseNul(text, field)
  return Buffer.from(text + '\0', 'utf8')
}

/**
 * Encodes a binary string, byte for byte, with its terminator.
 * @param field what the string is, for the error's message
 * @throws WireError `bad_string` when it holds a NUL, or a character over U+00FF: that is text, see `binary`
 */
export function binaryString(value: string, field: string): Buffer {
  refuseNul(value, field)
  const bytes = Buffer.from(value + '\0', 'latin1')
  if (bytes.toString('latin1', 0, value.length) !== value) {
    throw new WireError('bad_string', `${field} holds a character that is not a byte`)
  }
  return bytes
}

function refuseNul(text: string, field: string): void {
  if (text.includes('\0')) throw new WireError('bad_string', `${field} holds a NUL`)
}
