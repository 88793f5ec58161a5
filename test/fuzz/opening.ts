// Fuzzes what opens a connection: a load balancer's header, requests for encryption, then a start-up packet or a cancel
// request, as decoded by src/wire.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { negotiateVersion } from '../../src/wire/negotiate.js'
import { PacketReader } from '../../src/wire/packets.js'
import { parseProxyHeader } from '../../src/wire/proxy-header.js'
import { parseFirstPacket } from '../../src/wire/startup.js'
import { WireError } from '../../src/wire/wire-error.js'
import { bytesAllocated, counted } from '../wire/counting.js'
import { int32 } from '../wire/hostile.js'
import { hostility, mutate, pieces, reads, type Hostility, type Packet } from './packets.js'

export interface OpeningCase extends Hostility {
  readonly packets: readonly Packet[]
}

const code = (high: number, low: number) => int32((high << 16) | low).toString('latin1')
const request = (low: number, ...rest: string[]): Packet => ({ type: '', fields: [code(1234, low), ...rest] })

const text = fc.constantFrom('user', 'robot', 'database', 'shop', 'options', '-c a=b', 'replication', '_pq_.x', 'ü', '')
const startup: fc.Arbitrary<Packet> = fc
  .tuple(fc.constantFrom(0, 1, 2, 9999), fc.array(fc.tuple(text, text), { maxLength: 5 }))
  .map(([minor, more]) => {
    const strings = [['user', 'robot'], ...more].flat().map(string => Buffer.from(`${string}\0`).toString('latin1'))
    return { type: '', fields: [code(3, minor), ...strings, '\0'] }
  })
const first = fc.oneof(
  { weight: 3, arbitrary: startup },
  { weight: 1, arbitrary: fc.constantFrom(request(5679), request(5680)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(request(5678, '\0\0\0\x01', 'abcd'), request(5678, '\0\0\0\x01', 'k'.repeat(32))),
  },
)
/** Headers of both versions of the PROXY protocol. */
export const proxyHeader: fc.Arbitrary<Packet> = fc.constantFrom(
  { type: null, fields: ['PROXY ', 'TCP4', ' ', '192.0.2.1', ' ', '192.0.2.2', ' ', '1024', ' ', '5432', '\r\n'] },
  { type: null, fields: ['PROXY ', 'TCP6', ' ', '2001:db8::1', ' ', '2001:db8::2', ' ', '1024', ' 5432', '\r\n'] },
  { type: null, fields: ['PROXY UNKNOWN', '\r\n'] },
  {
    type: null,
    fields: ['\r\n\r\n\0\r\nQUIT\n', '\x21', '\x11', '\0\x0c', '\x7f\0\0\x01', '\x7f\0\0\x01', '\x12\x34', '\x15\x38'],
  },
  { type: null, fields: ['\r\n\r\n\0\r\nQUIT\n', '\x21', '\x21', '\0\x24', '\0'.repeat(32), '\x12\x34', '\x15\x38'] },
  { type: null, fields: ['\r\n\r\n\0\r\nQUIT\n', '\x20', '\0', '\0\0'] },
)

/** Sequences of first packets. */
export const opening: fc.Arbitrary<Packet[]> = fc
  .tuple(
    fc.array(fc.constantFrom(request(5679), request(5680)), { maxLength: 2 }),
    fc.array(first, { minLength: 1, maxLength: 2 }),
  )
  .map(packets => packets.flat())

export const openingCases: fc.Arbitrary<OpeningCase> = fc
  .tuple(fc.option(proxyHeader), opening, hostility())
  .map(([header, packets, hostility]) => ({ packets: header ? [header, ...packets] : packets, ...hostility }))

export function tryOpening(given: OpeningCase): void {
  const bytes = mutate(given.packets, given)
  const whole = decode(reads(bytes))
  assert.deepEqual(decode(pieces(bytes, given)), whole, 'it does not matter how the bytes arrive')
  let held: string[] = []
  const allocated = bytesAllocated(() => (held = decode(pieces(bytes, given))))
  assert.ok(allocated <= 8 * bytes.length + 1_000, `${allocated} bytes of memory for ${bytes.length}`)
  assert.ok(held.length <= bytes.length + 1)
}

/** Decodes all that a connection may open with; the outcomes in words, up to the first error. */
function decode(chunks: readonly Buffer[]): string[] {
  const seen: string[] = []
  try {
    const rest = afterHeader(chunks, seen)
    const reader = new PacketReader()
    for (const chunk of rest) {
      reader.push(chunk)
      for (let body = reader.readStartup(); body; body = reader.readStartup()) {
        const { body: watched, work } = counted(body)
        const packet = parseFirstPacket(watched)
        assert.ok(work() <= 20 * body.length + 200, `${work()} steps for ${body.length} bytes`)
        if (packet.kind === 'startup') {
          assert.ok(packet.parameters.get('user'), 'nobody comes in without a name')
          seen.push(JSON.stringify([negotiateVersion(packet.version, packet.parameters), ...packet.parameters]))
        } else seen.push(packet.kind)
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    seen.push(error.code)
  }
  return seen
}

function afterHeader(chunks: readonly Buffer[], seen: string[]): Buffer[] {
  let bytes = Buffer.alloc(0)
  for (const [index, chunk] of chunks.entries()) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.length > 0 && bytes[0] !== 0x50 && bytes[0] !== 0x0d) return [bytes, ...chunks.slice(index + 1)]
    if (bytes.length === 0) continue
    const header = parseProxyHeader(bytes)
    if (header === null) continue
    assert.ok(header.bytes <= bytes.length)
    seen.push(JSON.stringify(header.source))
    return [bytes.subarray(header.bytes), ...chunks.slice(index + 1)]
  }
  return []
}
