import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/index'
import t from 'tap'
import * as backend from '../../src/wire/backend.js'
import { MessageBoundary } from '../../src/wire/boundary.js'
import { frame } from '../../src/wire/frame.js'
import { query, terminate } from '../../src/wire/frontend.js'
import { bytesAllocated } from './counting.js'
import { HUGE_LENGTHS, int32, LYING_LENGTHS, messagesOf, pieces } from './hostile.js'

const row = (size: number) => frame('D', Buffer.alloc(size, 'Z'))

// What a server says to a query, with bodies of 0, 1 and more bytes, and a body that looks like a header.
const answers = Buffer.concat([
  backend.parameterStatus('TimeZone', 'UTC'),
  backend.readyForQuery('I'),
  frame('T', Buffer.alloc(33)),
  row(0),
  row(1),
  frame('D', backend.readyForQuery('E')),
  row(300),
  frame('C', Buffer.from('SELECT 4\0')),
  backend.readyForQuery('T'),
  frame('1'),
  frame('I'),
  backend.errorResponse({ severity: 'ERROR', code: '22012', message: 'division by zero' }),
  backend.readyForQuery('E'),
])

// And what a client says.
const requests = Buffer.concat([
  query('select 1'),
  serialize.parse({ text: 'select $1', types: [23] }),
  serialize.bind({ values: ['7'] }),
  serialize.execute(),
  serialize.sync(),
  serialize.copyData(Buffer.alloc(100, 'X')),
  terminate(),
])

type State = {
  atBoundary: boolean
  remaining: number
  messages: number
  counted: number
  lastType: string
  status: string | null
}

/** What the boundaries of these tests count. */
const COUNTED = 'ZQS'

function stateOf(boundary: MessageBoundary): State {
  const { atBoundary, remaining, messages, counted, lastType, transactionStatus } = boundary
  const type = lastType === null ? '' : String.fromCharCode(lastType)
  return { atBoundary, remaining, messages, counted, lastType: type, status: transactionStatus }
}

/** What must hold after `length` bytes of a stream, found out the slow way. */
function expectedState(stream: Buffer, length: number): State {
  const messages = messagesOf(stream.subarray(0, length))
  const used = messages.reduce((sum, { body }) => sum + 5 + body.length, 0)
  const header = length - used >= 5 ? stream.readInt32BE(used + 1) : undefined
  return {
    atBoundary: used === length,
    remaining: header === undefined ? 0 : used + 1 + header - length,
    messages: messages.length,
    counted: messages.filter(({ type }) => COUNTED.includes(type)).length,
    lastType: messages.at(-1)?.type ?? '',
    status: messages.findLast(({ type }) => type === 'Z')?.body.toString() ?? null,
  }
}

function fed(...chunks: Buffer[]): MessageBoundary {
  const boundary = new MessageBoundary(COUNTED)
  for (const chunk of chunks) boundary.feed(chunk)
  return boundary
}

for (const [side, stream] of [
  ['server', answers],
  ['client', requests],
] as const) {
  void t.test(`knows where it is in what a ${side} says, chopped once at every position`, async t => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const boundary = fed(stream.subarray(0, cut))
      t.strictSame(stateOf(boundary), expectedState(stream, cut), `${cut} bytes`)
      boundary.feed(stream.subarray(cut))
      t.strictSame(stateOf(boundary), expectedState(stream, stream.length), `${cut} bytes, then the rest`)
    }
  })

  void t.test(`knows where it is in what a ${side} says, after pieces of every size`, async t => {
    for (let size = 1; size <= 60; size++) {
      const boundary = new MessageBoundary(COUNTED)
      for (const [index, piece] of pieces(stream, size).entries()) {
        boundary.feed(piece)
        const length = Math.min(stream.length, (index + 1) * size)
        t.strictSame(stateOf(boundary), expectedState(stream, length), `${length} bytes in pieces of ${size}`)
      }
    }
  })
}

void t.test('agrees with the slow way on any stream in any pieces', async t => {
  const type = fc.constantFrom('Z', 'D', 'S', '\0', '\xff')
  const message = fc.tuple(type, fc.uint8Array({ maxLength: 30 })).map(([type, body]) => frame(type, Buffer.from(body)))
  const streams = fc.array(fc.oneof(message, fc.constantFrom('I', 'T', 'E').map(ready)), { maxLength: 20 })
  fc.assert(
    fc.property(streams, fc.array(fc.nat({ max: 40 }), { maxLength: 40 }), (messages, sizes) => {
      const stream = Buffer.concat(messages)
      const boundary = new MessageBoundary(COUNTED)
      let at = 0
      for (const size of [...sizes, stream.length]) {
        boundary.feed(stream.subarray(at, at + size))
        at = Math.min(at + size, stream.length)
        const { status: _, ...expected } = expectedState(stream, at)
        t.match(stateOf(boundary), expected)
      }
      t.equal(boundary.broken, false)
    }),
    { numRuns: 100 },
  )
})

void t.test('is idle after ReadyForQuery, and only until something follows it', async t => {
  const boundary = new MessageBoundary()
  t.equal(boundary.idle, false, 'nothing is known yet')
  boundary.feed(backend.readyForQuery('I'))
  t.equal(boundary.idle, true)
  boundary.feed(Buffer.from('T'))
  t.equal(boundary.idle, false, 'a message has begun')
  boundary.feed(Buffer.concat([int32(4), backend.readyForQuery('T').subarray(0, 5)]))
  t.equal(boundary.idle, false, 'the status is missing')
  t.equal(boundary.transactionStatus, 'I', 'and the old one holds')
  boundary.feed(Buffer.from('T'))
  t.equal(boundary.idle, true)
  t.equal(boundary.transactionStatus, 'T')
})

void t.test('takes a ReadyForQuery that says nonsense for one of unknown status', async t => {
  for (const nonsense of [frame('Z'), frame('Z', Buffer.from('X')), frame('Z', Buffer.from('II'))]) {
    const good = backend.readyForQuery('I')
    const whole = fed(Buffer.concat([good, nonsense]))
    const slow = fed(good, ...pieces(nonsense, 1))
    for (const boundary of [whole, slow]) {
      t.equal(boundary.transactionStatus, null)
      t.equal(boundary.messages, 2)
      t.equal(boundary.idle, true)
    }
  }
})

void t.test('tells a clean end from a cut one by the last type', async t => {
  t.equal(fed(requests).lastType, 'X'.charCodeAt(0))
  const cut = fed(requests.subarray(0, -1))
  t.not(cut.lastType, 'X'.charCodeAt(0))
  t.equal(cut.atBoundary, false)
})

void t.test('is broken, and never at a boundary again, after an impossible length', async t => {
  for (const length of LYING_LENGTHS) {
    const bad = Buffer.concat([Buffer.from('D'), int32(length), backend.readyForQuery('I')])
    const good = backend.readyForQuery('T')
    for (const chunks of [[Buffer.concat([good, bad])], [good, bad], pieces(Buffer.concat([good, bad]), 1)]) {
      const boundary = fed(...chunks)
      boundary.feed(backend.readyForQuery('E'))
      const { broken, atBoundary, idle, remaining, messages, transactionStatus } = boundary
      t.strictSame(
        { broken, atBoundary, idle, remaining, messages, transactionStatus },
        { broken: true, atBoundary: false, idle: false, remaining: 0, messages: 1, transactionStatus: 'T' },
      )
    }
  }
})

void t.test('follows messages up to the longest that can be', async t => {
  for (const length of HUGE_LENGTHS) {
    const boundary = fed(Buffer.from('d'), int32(length))
    t.equal(boundary.remaining, length - 4)
    const chunk = Buffer.alloc(65_536, 'Z')
    while (boundary.remaining > chunk.length) boundary.feed(chunk)
    t.equal(boundary.messages, 0)
    boundary.feed(Buffer.concat([chunk.subarray(0, boundary.remaining), backend.readyForQuery('I')]))
    t.equal(boundary.messages, 2)
    t.equal(boundary.idle, true)
  }
})

void t.test('takes only the first bytes of a chunk when told so', async t => {
  const reused = Buffer.concat([backend.readyForQuery('I'), Buffer.alloc(100)])
  const boundary = new MessageBoundary()
  boundary.feed(reused, 3)
  t.equal(boundary.atBoundary, false)
  boundary.feed(reused.subarray(3), 3)
  t.equal(boundary.idle, true)
  boundary.feed(reused, 0)
  t.equal(boundary.messages, 1)
})

void t.test('copies nothing, and looks at five bytes a message whatever its size', async t => {
  const looks = (size: number): number => {
    let seen = 0
    const bytes = Buffer.concat([row(size), row(size), row(size)])
    const watched = new Proxy(bytes, {
      get(target, key): unknown {
        if (key === 'length') return target.length
        seen++
        return target[Number(key)]
      },
    })
    new MessageBoundary().feed(watched)
    return seen
  }
  t.equal(looks(10), 15)
  t.equal(looks(100_000), 15)
  const boundary = new MessageBoundary()
  t.equal(
    bytesAllocated(() => boundary.feed(answers)),
    0,
  )
})

function ready(status: string): Buffer {
  return frame('Z', Buffer.from(status))
}
