import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { MAX_PROXY_HEADER_BYTES, parseProxyHeader } from '../../src/wire/proxy-header.js'
import { throwsOnlyWireError, wireErrorOf } from './hostile.js'

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** A header of version 2: command, family and transport, and what follows. */
function v2(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt8(0x20 | command, 0)
  head.writeUInt8(family, 1)
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([SIGNATURE, head, body])
}

const TCP4 = Buffer.from('cb007107' + 'c0000201' + 'd431' + '1920', 'hex')
const TCP6 = Buffer.from('20010db8000000000000000000000007' + '0'.repeat(31) + '1' + 'd431' + '1920', 'hex')
const TLV = Buffer.from('0400030a0b0c', 'hex')

const HEADERS: readonly (readonly [string, Buffer, { address: string; port: number } | null])[] = [
  ['v1 TCP4', Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 54321 6432\r\n'), { address: '203.0.113.7', port: 54321 }],
  ['v1 TCP6', Buffer.from('PROXY TCP6 2001:db8::7 ::1 54321 6432\r\n'), { address: '2001:db8::7', port: 54321 }],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['v1 UNKNOWN with addresses to be left alone', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n'), null],
  ['v2 TCP4', v2(1, 0x11, TCP4), { address: '203.0.113.7', port: 54321 }],
  ['v2 TCP4 with TLVs', v2(1, 0x11, Buffer.concat([TCP4, TLV])), { address: '203.0.113.7', port: 54321 }],
  ['v2 TCP6', v2(1, 0x21, TCP6), { address: '2001:db8:0:0:0:0:0:7', port: 54321 }],
  ['v2 LOCAL', v2(0, 0x00, Buffer.alloc(0)), null],
  ['v2 LOCAL with an address to be left alone', v2(0, 0x11, TCP4), null],
  ['v2 of a Unix socket', v2(1, 0x31, Buffer.alloc(216)), null],
]

void t.test('reads the source of every kind of header, and where it ends', async t => {
  for (const [name, bytes, source] of HEADERS) {
    t.strictSame(parseProxyHeader(bytes), { bytes: bytes.length, source }, name)
    const followed = Buffer.concat([bytes, Buffer.from('the client')])
    t.strictSame(parseProxyHeader(followed), { bytes: bytes.length, source }, `${name}, with what follows`)
  }
})

void t.test('waits for more at every byte but the last', async t => {
  for (const [name, bytes] of HEADERS) {
    const early = Array.from({ length: bytes.length }, (_, length) => parseProxyHeader(bytes.subarray(0, length)))
    t.ok(
      early.every(header => header === null),
      name,
    )
  }
})

void t.test('refuses what is no header, and headers that lie', async t => {
  const bad: readonly (readonly [string, Buffer])[] = [
    ['a start-up packet', Buffer.from('0000000804d2162f', 'hex')],
    ['a TLS handshake', Buffer.from('160301', 'hex')],
    ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(100)}`)],
    ['a line that is too long', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
    ['another family', Buffer.from('PROXY UDP4 203.0.113.7 192.0.2.1 1 2\r\n')],
    ['no address', Buffer.from('PROXY TCP4\r\n')],
    ['a port that is none', Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 70000 6432\r\n')],
    ['version 3', Buffer.concat([SIGNATURE, Buffer.from('31110000', 'hex')])],
    ['command 2', v2(2, 0x11, TCP4)],
    ['an address cut short', v2(1, 0x11, TCP4.subarray(0, 11))],
    ['an address of IPv6 cut short', v2(1, 0x21, TCP6.subarray(0, 35))],
    ['more than is read', v2(1, 0x11, Buffer.alloc(MAX_PROXY_HEADER_BYTES))],
  ]
  for (const [name, bytes] of bad) {
    t.equal(
      wireErrorOf(() => parseProxyHeader(bytes)),
      'bad_proxy_header',
      name,
    )
  }
})

void t.test('throws only WireError, whatever comes', async t => {
  const start = fc.constantFrom(...HEADERS.map(([, bytes]) => bytes))
  const noise = fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes))
  const bent = fc.tuple(start, fc.nat(40), noise).map(([bytes, at, more]) => {
    return Buffer.concat([bytes.subarray(0, at), more])
  })
  const outcomes = throwsOnlyWireError(parseProxyHeader, fc.oneof(bent, noise))
  t.strictSame([...outcomes].sort(), ['bad_proxy_header', 'nothing'])
})
