// Bytes and checks that the tests of all decoders share.

import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import type { Message } from '../../src/wire/packets.js'
import { PacketReader } from '../../src/wire/packets.js'
import { WireError } from '../../src/wire/wire-error.js'

/** Length words that lie: negative, less than themselves, over 2^31, and those that overflow when something is added. */
export const LYING_LENGTHS = [-2147483648, -2147483644, -1000, -5, -4, -1, 0, 1, 2, 3]

/** Length words that are possible and more than any cap. */
export const HUGE_LENGTHS = [0x7fffffff, 0x7ffffffe, 0x7ffffffb, 0x40000000, 1_000_000]

/** Reads all complete messages out of `bytes`. */
export function messagesOf(bytes: Buffer, maxBytes = 1_000_000): Message[] {
  const reader = new PacketReader(bytes.length)
  reader.push(bytes)
  const messages: Message[] = []
  for (let next = reader.readMessage(maxBytes); next; next = reader.readMessage(maxBytes)) messages.push(next)
  return messages
}

/** Reads the one message that `bytes` are. */
export function messageOf(bytes: Buffer): Message {
  const [message, ...more] = messagesOf(bytes)
  if (!message || more.length > 0) throw new Error('not exactly one message')
  return message
}

/** The code of the WireError that `act` throws; 'nothing' when it returns. Other errors pass. */
export function wireErrorOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof WireError) return error.code
    throw error
  }
  return 'nothing'
}

/**
 * Checks that a decoder, whatever it is given, returns or throws WireError. Gives the outcomes seen ('nothing' for a
 * return), so that a test can show that its bodies got somewhere.
 */
export function throwsOnlyWireError(decode: (body: Buffer) => unknown, bodies: fc.Arbitrary<Buffer>): Set<string> {
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(bodies, body => {
      outcomes.add(wireErrorOf(() => decode(body)))
    }),
    { numRuns: 2_000 },
  )
  return outcomes
}

/** Bodies that look like messages: integers that lie, strings with and without terminators, zeros, noise. */
export function hostileBody(starts: readonly Buffer[] = []): fc.Arbitrary<Buffer> {
  const integer = fc.oneof(fc.constantFrom(...LYING_LENGTHS, ...HUGE_LENGTHS), fc.integer({ min: -4, max: 40 }))
  const part = fc.oneof(
    integer.map(value => int32(value)),
    fc.string({ maxLength: 12 }).map(text => Buffer.from(text)),
    fc.constantFrom('user\0', 'SCRAM-SHA-256\0', '_pq_.x\0', '\0', '\0\0').map(text => Buffer.from(text)),
    fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
  )
  const start = fc.constantFrom(Buffer.alloc(0), ...starts)
  return fc.tuple(start, fc.array(part, { maxLength: 12 })).map(([first, rest]) => Buffer.concat([first, ...rest]))
}

/** Four bytes, network order. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

/** Splits bytes into pieces of `size`. */
export function pieces(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}
