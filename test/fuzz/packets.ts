// Packets as their parts, and what a hostile peer does to them: a well-formed sequence is broken where its structure is, so
// that what comes out gets further into a decoder than noise would. Everything here is plain data: a case can be kept.

import fc from 'fast-check'
import { HUGE_LENGTHS, LYING_LENGTHS, int32 } from '../wire/hostile.js'

/** One packet. Bytes are binary strings, one character a byte, so that cases print and parse as JSON. */
export interface Packet {
  /** One character; empty for the packets without, which open a connection; null for bytes without a length word. */
  readonly type: string | null
  readonly fields: readonly string[]
  /** The length word, where it lies. */
  readonly length?: number
}

type FieldChange =
  | { readonly how: 'drop' | 'twice' | 'shorter' }
  | { readonly how: 'set'; readonly bytes: string }
  | { readonly how: 'insert'; readonly at: number; readonly bytes: string }
  | { readonly how: 'grow'; readonly by: number }

/** What is done to one turn of a conversation. Numbers of packets and fields wrap around. */
export type Mutation = { readonly turn: number; readonly packet: number } & (
  | { readonly op: 'drop' | 'twice' | 'swap' | 'end' }
  | { readonly op: 'many'; readonly times: number }
  | { readonly op: 'length'; readonly value: number }
  | { readonly op: 'type'; readonly value: string }
  | { readonly op: 'noise'; readonly bytes: string }
  | { readonly op: 'field'; readonly field: number; readonly change: FieldChange }
)

/** What every case has, whatever it is about. */
export interface Hostility {
  readonly mutations: readonly Mutation[]
  /** Where the bytes of each turn are cut into pieces that arrive apart: offsets that wrap around. */
  readonly cuts: readonly number[]
}

// NULs, UTF-8 that breaks off, is overlong or a surrogate, separators of SCRAM, numbers that lie.
const NASTY = ['\0', '\0\0', '\xff', '\xc3', '\xc0\x80', '\xed\xa0\x80', ',', '=', 'm=x,', 'a=x,', '=2C', '\r\n', ' ']
const nasty: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.constantFrom(...LYING_LENGTHS, ...HUGE_LENGTHS).map(value => int32(value).toString('latin1')),
  fc.uint8Array({ maxLength: 12 }).map(bytes => Buffer.from(bytes).toString('latin1')),
)

const change: fc.Arbitrary<FieldChange> = fc.oneof(
  fc.constantFrom<FieldChange>({ how: 'drop' }, { how: 'twice' }, { how: 'shorter' }),
  fc.record({ how: fc.constant('set' as const), bytes: nasty }),
  fc.record({ how: fc.constant('insert' as const), at: fc.nat(80), bytes: nasty }),
  fc.record({ how: fc.constant('grow' as const), by: fc.constantFrom(1, 200, 1_100, 10_001, 70_000) }),
)

const act = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constantFrom('drop', 'twice', 'swap', 'end') }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('many'), times: fc.constantFrom(3, 600) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('length'),
      value: fc.oneof(fc.constantFrom(...LYING_LENGTHS, ...HUGE_LENGTHS), fc.integer({ min: 4, max: 300 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('type'), value: fc.constantFrom(...'RSKZENvpQX1\0\xff') }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('noise'), bytes: nasty }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('field'), field: fc.nat(11), change }) },
) as fc.Arbitrary<Omit<Mutation, 'turn' | 'packet'>>

/** Makes mutations for a conversation of so many turns. */
export function hostility(turns = 1): fc.Arbitrary<Hostility> {
  const mutation = fc
    .tuple(fc.nat(turns - 1), fc.nat(7), act)
    .map(([turn, packet, act]) => ({ turn, packet, ...act }) as Mutation)
  // Mostly one: of two, the first is often all that anybody notices.
  const mutations = fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 4, arbitrary: mutation.map(one => [one]) },
    { weight: 2, arbitrary: fc.array(mutation, { maxLength: 4 }) },
  )
  return fc.record({ mutations, cuts: fc.array(fc.nat(400), { maxLength: 4 }) })
}

/** The bytes of one turn, as mutated. */
export function mutate(packets: readonly Packet[], { mutations }: Hostility, turn = 0): Buffer {
  let all = [...packets]
  for (const mutation of mutations) if (mutation.turn === turn && all.length > 0) all = mutatePackets(all, mutation)
  return Buffer.concat(all.map(encode))
}

/** The most that one read of a socket gives. */
const READ_BYTES = 65_536

/** Bytes as they arrive when nothing cuts them up. */
export function reads(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / READ_BYTES)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * READ_BYTES, (index + 1) * READ_BYTES))
}

/** Cuts bytes into the pieces in which they arrive. */
export function pieces(bytes: Buffer, { cuts }: Hostility): Buffer[] {
  const at = [...new Set(cuts.map(cut => cut % Math.max(1, bytes.length)))].sort((a, b) => a - b)
  const bounds = [0, ...at.filter(cut => cut > 0), bytes.length]
  return bounds.slice(1).flatMap((end, index) => reads(bytes.subarray(bounds[index], end)))
}

function mutatePackets(packets: Packet[], mutation: Mutation): Packet[] {
  const at = mutation.packet % packets.length
  const packet = packets[at] as Packet
  const put = (...instead: Packet[]) => packets.toSpliced(at, 1, ...instead)
  switch (mutation.op) {
    case 'drop':
      return put()
    case 'twice':
      return put(packet, packet)
    case 'many':
      return put(...Array<Packet>(mutation.times).fill(packet))
    case 'swap':
      return [...put(), packet]
    case 'end':
      // Cut off within the packet: what it announces never comes.
      return [...packets.slice(0, at), { type: null, fields: [encode(packet).toString('latin1').slice(0, -1)] }]
    case 'length':
      return put({ ...packet, length: mutation.value })
    case 'type':
      return put({ ...packet, type: packet.type && mutation.value })
    case 'noise':
      return put({ type: null, fields: [mutation.bytes] }, packet)
    case 'field': {
      const field = mutation.field % Math.max(1, packet.fields.length)
      return put({
        ...packet,
        fields: packet.fields.flatMap((f, i) => (i === field ? changed(f, mutation.change) : [f])),
      })
    }
  }
}

function changed(field: string, change: FieldChange): string[] {
  switch (change.how) {
    case 'drop':
      return []
    case 'twice':
      return [field, field]
    case 'shorter':
      return [field.slice(0, -1)]
    case 'set':
      return [change.bytes]
    case 'insert': {
      const at = change.at % (field.length + 1)
      return [field.slice(0, at) + change.bytes + field.slice(at)]
    }
    case 'grow': {
      const at = Math.floor(field.length / 2)
      return [field.slice(0, at) + 'x'.repeat(change.by) + field.slice(at)]
    }
  }
}

export function encode({ type, fields, length }: Packet): Buffer {
  const body = Buffer.from(fields.join(''), 'latin1')
  if (type === null) return body
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(length ?? body.length + 4), body])
}

/** Takes a typed message of ours apart into one field. */
export function packetOf(message: Buffer): Packet {
  return { type: message.toString('latin1', 0, 1), fields: [message.toString('latin1', 5)] }
}
