// Binary strings: text of unknown encoding, one character (U+0000 to U+00FF) a byte, so that any bytes survive.
//
// A start-up packet comes before any encoding is agreed on. Postgres copies its strings byte for byte; decoding them
// as UTF-8 would turn each foreign byte into U+FFFD, and two different names into one.

import { Buffer } from 'node:buffer'

/** Reads a binary string as UTF-8. For display and for names that we know: bytes that aren't UTF-8 become U+FFFD. */
export function utf8(binary: string): string {
  return Buffer.from(binary, 'latin1').toString('utf8')
}

/** Turns text into the binary string of its UTF-8 bytes. The inverse of `utf8` for well-formed text. */
export function binary(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
