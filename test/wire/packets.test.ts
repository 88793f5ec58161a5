import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { MAX_STARTUP_BYTES } from '../../src/wire/limits.js'
import type { Message } from '../../src/wire/packets.js'
import { PacketReader } from '../../src/wire/packets.js'
import { encodeSslRequest, encodeStartup } from '../../src/wire/startup.js'
import { frame } from '../../src/wire/frame.js'
import { bytesAllocated } from './counting.js'
import {
  HUGE_LENGTHS,
  hostileBody,
  int32,
  LYING_LENGTHS,
  messagesOf,
  pieces,
  throwsOnlyWireError,
  wireErrorOf,
} from './hostile.js'

const MAX = 1_000
const startup = encodeStartup({ minor: 0, parameters: new Map([['user', 'app']]) })

function readerOf(...chunks: Buffer[]): PacketReader {
  const reader = new PacketReader()
  for (const chunk of chunks) reader.push(chunk)
  return reader
}

function feed(reader: PacketReader, chunks: readonly Buffer[]): Message[] {
  return chunks.flatMap(chunk => {
    reader.push(chunk)
    const messages: Message[] = []
    for (let next = reader.readMessage(MAX); next; next = reader.readMessage(MAX)) messages.push(next)
    return messages
  })
}

void t.test('gives a message that came in one chunk, without copying it', async t => {
  const bytes = frame('p', Buffer.from('secret\0'))
  const reader = readerOf(bytes)
  const message = reader.readMessage(MAX)
  t.equal(message?.type, 'p')
  t.equal(message?.body.toString(), 'secret\0')
  t.equal(message?.body.buffer, bytes.buffer)
  t.equal(reader.buffered, 0)
})

void t.test('gives a message only when its last byte has come, whatever pieces it comes in', async t => {
  const bytes = frame('p', Buffer.from('secret\0'))
  for (const [index, byte] of pieces(bytes, 1).entries()) {
    const reader = readerOf(...pieces(bytes.subarray(0, index), 1))
    t.equal(reader.readMessage(MAX), undefined, `${index} bytes are not enough`)
    reader.push(byte)
    reader.push(bytes.subarray(index + 1))
    t.strictSame(reader.readMessage(MAX), { type: 'p', body: Buffer.from('secret\0') })
  }
})

void t.test('gives the same messages however the stream is cut', async t => {
  const message = fc.tuple(fc.constantFrom('p', 'Q', 'R'), fc.uint8Array({ maxLength: 60 }))
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), fc.integer({ min: 1, max: 70 }), (messages, size) => {
      const stream = Buffer.concat(messages.map(([type, body]) => frame(type, Buffer.from(body))))
      const expected = messages.map(([type, body]) => ({ type, body: Buffer.from(body) }))
      t.strictSame(feed(new PacketReader(), pieces(stream, size)), expected)
    }),
    { numRuns: 200 },
  )
})

void t.test('does not write over a body that it has handed out', async t => {
  const reader = readerOf(Buffer.from('p'), frame('p', Buffer.from('first')).subarray(1))
  const first = reader.readMessage(MAX)
  for (const chunk of pieces(frame('p', Buffer.alloc(500, 'x')), 7)) reader.push(chunk)
  const second = reader.readMessage(MAX)
  t.equal(first?.body.toString(), 'first')
  t.equal(second?.body.toString(), 'x'.repeat(500))
})

void t.test('gives a start-up packet without its length word, and leaves what follows', async t => {
  const reader = readerOf(Buffer.concat([encodeSslRequest(), startup]))
  t.strictSame(reader.readStartup(), encodeSslRequest().subarray(4))
  t.equal(reader.buffered, startup.length)
  t.strictSame(reader.readStartup(), startup.subarray(4))
  t.equal(reader.readStartup(), undefined)
})

void t.test('gives a start-up packet that comes one byte at a time', async t => {
  const reader = new PacketReader()
  for (const byte of pieces(startup, 1)) {
    t.equal(reader.readStartup(), undefined)
    reader.push(byte)
  }
  t.strictSame(reader.readStartup(), startup.subarray(4))
})

void t.test('refuses a start-up packet longer than 10,000 bytes, before it has come', async t => {
  t.equal(readerOf(int32(MAX_STARTUP_BYTES + 4)).readStartup(), undefined, 'this much is waited for')
  t.equal(
    wireErrorOf(() => readerOf(int32(MAX_STARTUP_BYTES + 5)).readStartup()),
    'message_too_long',
  )
})

void t.test('refuses a message over the cap, before it has come', async t => {
  const header = (length: number) => Buffer.concat([Buffer.from('p'), int32(length)])
  t.equal(readerOf(header(MAX + 4)).readMessage(MAX), undefined, 'this much is waited for')
  for (const length of [MAX + 5, ...HUGE_LENGTHS]) {
    t.equal(
      wireErrorOf(() => readerOf(header(length)).readMessage(MAX)),
      'message_too_long',
    )
  }
})

void t.test('refuses a length word that is negative or less than itself', async t => {
  for (const length of LYING_LENGTHS) {
    t.equal(
      wireErrorOf(() => readerOf(Buffer.from('p'), int32(length)).readMessage(MAX)),
      'bad_length',
    )
    t.equal(
      wireErrorOf(() => readerOf(int32(length)).readStartup()),
      'bad_length',
    )
  }
})

void t.test('refuses a start-up packet that has no room for a version', async t => {
  for (const length of [4, 5, 6, 7]) {
    t.equal(
      wireErrorOf(() => readerOf(int32(length), Buffer.alloc(8)).readStartup()),
      'bad_length',
    )
  }
})

void t.test('takes an empty message', async t => {
  t.strictSame(readerOf(frame('X')).readMessage(0), { type: 'X', body: Buffer.alloc(0) })
})

void t.test('allocates nothing for a length that is only declared', async t => {
  const header = Buffer.concat([Buffer.from('p'), int32(0x7fffffff)])
  const reader = new PacketReader()
  const bytes = bytesAllocated(() => {
    for (const byte of pieces(header, 1)) reader.push(byte)
    t.equal(reader.readMessage(0x7fffffff), undefined)
  })
  t.ok(bytes < 64, `${bytes} bytes`)
})

void t.test('copies a number of bytes in proportion to those received, one at a time', async t => {
  const work = (size: number): number => {
    const reader = new PacketReader()
    const chunks = pieces(frame('p', Buffer.alloc(size)), 1)
    return bytesAllocated(() => {
      for (const chunk of chunks) {
        reader.push(chunk)
        reader.readMessage(size)
      }
    })
  }
  const [small, large] = [work(4_000), work(64_000)]
  t.ok(small > 0)
  t.ok(large / small < 16 * 2.1, `16 times the bytes cost ${large / small} times the work`)
})

void t.test('shows the first byte without taking it', async t => {
  const reader = new PacketReader()
  t.equal(reader.peek(), undefined)
  reader.push(Buffer.from([0x16, 3]))
  t.equal(reader.peek(), 0x16)
  t.equal(reader.buffered, 2)
})

void t.test('hands over what was not read', async t => {
  const reader = readerOf(frame('p', Buffer.from('a')), Buffer.from('res'), Buffer.from('t'))
  reader.readMessage(MAX)
  t.equal(reader.takeRest().toString(), 'rest')
  t.equal(reader.buffered, 0)
  t.equal(reader.takeRest().length, 0)
})

void t.test('holds no more bytes than it may', async t => {
  const reader = new PacketReader(10)
  reader.push(Buffer.alloc(4))
  reader.push(Buffer.alloc(6))
  t.equal(
    wireErrorOf(() => reader.push(Buffer.alloc(1))),
    'too_much_buffered',
  )
  t.equal(reader.buffered, 10, 'and keeps what it had')
})

void t.test('throws only WireError, whatever bytes come in whatever pieces', async t => {
  for (const read of ['startup', 'message'] as const) {
    const outcomes = throwsOnlyWireError(bytes => {
      const reader = new PacketReader()
      for (const chunk of pieces(bytes, 1 + ((bytes[0] ?? 0) % 7))) {
        reader.push(chunk)
        if (read === 'startup') reader.readStartup()
        else reader.readMessage(MAX)
      }
    }, hostileBody())
    for (const code of ['nothing', 'bad_length', 'message_too_long']) t.ok(outcomes.has(code), `${read}: ${code}`)
  }
})

void t.test('reads many messages in one chunk without copying any', async t => {
  const one = frame('D', Buffer.from('row'))
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => one))
  let messages: Message[] = []
  const bytes = bytesAllocated(() => (messages = messagesOf(many)))
  t.equal(messages.length, 1_000)
  t.equal(bytes, 0)
})
