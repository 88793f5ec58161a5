import { Buffer } from 'node:buffer'
import t from 'tap'
import * as backend from '../../src/wire/backend.js'
import { parseBackendMessage } from '../../src/wire/backend-decode.js'
import { frame } from '../../src/wire/frame.js'
import { PacketReader } from '../../src/wire/packets.js'
import { counted } from './counting.js'
import {
  HUGE_LENGTHS,
  hostileBody,
  int32,
  LYING_LENGTHS,
  messageOf,
  messagesOf,
  pieces,
  throwsOnlyWireError,
  wireErrorOf,
} from './hostile.js'

const DATA = Buffer.from('r=abc,s=c2FsdA==,i=4096')
const TYPES = ['R', 'S', 'K', 'Z', 'E', 'N', 'v']

// Messages whose last field goes on to the end, with the least that they must have: cut there, they are shorter data.
const OPEN_ENDED = new Map([
  ['authenticationSaslContinue', 4],
  ['authenticationSaslFinal', 4],
  ['backendKeyData', 8],
])

const login = [
  [backend.negotiateProtocolVersion({ minor: 2, unsupported: ['_pq_.a', '_pq_.b'] }), 'negotiateProtocolVersion'],
  [backend.authenticationCleartext(), 'authenticationCleartext'],
  [backend.authenticationMd5(int32(-1)), 'authenticationMd5'],
  [backend.authenticationSasl(['SCRAM-SHA-256']), 'authenticationSasl'],
  [backend.authenticationSaslContinue(DATA), 'authenticationSaslContinue'],
  [backend.authenticationSaslFinal(DATA), 'authenticationSaslFinal'],
  [backend.authenticationOk(), 'authenticationOk'],
  [backend.parameterStatus('TimeZone', '\xff'), 'parameterStatus'],
  [backend.backendKeyData({ processId: -3, secretKey: Buffer.alloc(32, 9) }), 'backendKeyData'],
  [backend.noticeResponse({ severity: 'NOTICE', code: '00000', message: 'é' }), 'notice'],
  [backend.errorResponse({ severity: 'FATAL', code: '57P03', message: 'é' }), 'error'],
  [backend.readyForQuery('T'), 'readyForQuery'],
] as const
const stream = Buffer.concat(login.map(([bytes]) => bytes))
const kinds = login.map(([, kind]) => kind)

function errorOf(type: string, ...parts: (Buffer | string)[]): string {
  const body = Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
  return wireErrorOf(() => parseBackendMessage({ type, body }))
}

void t.test('reads back every message that a server sends during login', async t => {
  const decoded = login.map(([bytes]) => parseBackendMessage(messageOf(bytes)))
  const fields = [
    ['S', 'FATAL'],
    ['V', 'FATAL'],
    ['C', '57P03'],
    ['M', 'é'],
  ] as const
  t.strictSame(decoded, [
    { kind: 'negotiateProtocolVersion', minor: 2, unsupported: ['_pq_.a', '_pq_.b'] },
    { kind: 'authenticationCleartext' },
    { kind: 'authenticationMd5', salt: int32(-1) },
    { kind: 'authenticationSasl', mechanisms: ['SCRAM-SHA-256'] },
    { kind: 'authenticationSaslContinue', data: DATA },
    { kind: 'authenticationSaslFinal', data: DATA },
    { kind: 'authenticationOk' },
    { kind: 'parameterStatus', name: 'TimeZone', value: '\xff' },
    { kind: 'backendKeyData', processId: -3, secretKey: Buffer.alloc(32, 9) },
    { kind: 'notice', fields: new Map([...fields, ['S', 'NOTICE'], ['V', 'NOTICE'], ['C', '00000']]) },
    { kind: 'error', fields: new Map(fields) },
    { kind: 'readyForQuery', status: 'T' },
  ])
})

void t.test('reads them one byte at a time, and many in one chunk', async t => {
  const reader = new PacketReader()
  const slowly: string[] = []
  for (const byte of pieces(stream, 1)) {
    reader.push(byte)
    const message = reader.readMessage(1_000)
    if (message) slowly.push(parseBackendMessage(message).kind)
  }
  t.strictSame(slowly, kinds)
  t.strictSame(
    messagesOf(stream).map(message => parseBackendMessage(message).kind),
    kinds,
  )
})

void t.test('refuses every message cut short at any byte, and with a byte too many', async t => {
  for (const [bytes, kind] of login) {
    const { type, body } = messageOf(bytes)
    const least = OPEN_ENDED.get(kind) ?? body.length
    for (let length = 0; length < least; length++) {
      t.not(errorOf(type, body.subarray(0, length)), 'nothing', `${kind} cut to ${length}`)
    }
    if (!OPEN_ENDED.has(kind)) t.equal(errorOf(type, body, 'x'), 'trailing_bytes', kind)
  }
})

void t.test('takes an error that has no SQLSTATE, or nothing at all', async t => {
  const { body } = messageOf(frame('E', Buffer.from('Mno code\0\0')))
  t.strictSame(parseBackendMessage({ type: 'E', body }), { kind: 'error', fields: new Map([['M', 'no code']]) })
  t.strictSame(parseBackendMessage({ type: 'E', body: Buffer.alloc(1) }), { kind: 'error', fields: new Map() })
  t.equal(errorOf('E', ''), 'message_too_short')
  t.equal(errorOf('E', 'Mno code\0'), 'message_too_short')
  t.equal(errorOf('E', 'Mno code'), 'bad_string')
})

void t.test('takes cancel keys of 4 to 256 bytes', async t => {
  for (const length of [0, 3, 257]) t.equal(errorOf('K', int32(1), Buffer.alloc(length)), 'bad_length')
  for (const length of [4, 256]) t.equal(errorOf('K', int32(1), Buffer.alloc(length)), 'nothing')
})

void t.test('refuses a count of protocol options that lies', async t => {
  for (const count of [...LYING_LENGTHS.filter(length => length < 0), ...HUGE_LENGTHS, 4]) {
    t.equal(errorOf('v', int32(0x30002), int32(count), '_\0'), 'bad_length', `${count}`)
  }
  t.equal(errorOf('v', int32(0x30002), int32(0), '_\0'), 'trailing_bytes')
  t.equal(errorOf('v', int32(0x30002), int32(2), '_\0'), 'bad_string')
})

void t.test('understands a version with and without its major number, and refuses other majors', async t => {
  for (const version of [2, 0x30002]) {
    const body = Buffer.concat([int32(version), int32(0)])
    t.match(parseBackendMessage({ type: 'v', body }), { minor: 2, unsupported: [] })
  }
  for (const version of [0x20000, 0x40000, -1]) t.equal(errorOf('v', int32(version), int32(0)), 'bad_version')
})

void t.test('names other ways to authenticate by their code', async t => {
  for (const code of [2, 7, 8, 9, 13, -1]) {
    const body = Buffer.concat([int32(code), Buffer.from('token')])
    t.strictSame(parseBackendMessage({ type: 'R', body }), { kind: 'authenticationOther', code })
  }
})

void t.test('refuses a transaction status that does not exist', async t => {
  t.equal(errorOf('Z', 'X'), 'unexpected_message')
})

void t.test('leaves messages alone that do not belong to a login', async t => {
  t.strictSame(parseBackendMessage(messageOf(frame('D', Buffer.from('row')))), { kind: 'other', type: 'D' })
})

void t.test('throws only WireError, whatever the body', async t => {
  const starts = [Buffer.from('I'), ...[0, 3, 5, 10, 11, 12, 99, 0x30002].map(int32)]
  for (const type of TYPES) {
    const outcomes = throwsOnlyWireError(body => parseBackendMessage({ type, body }), hostileBody(starts))
    t.ok(outcomes.has('nothing'), `${type}: some are taken`)
    t.ok(outcomes.size > 1, `${type}: some are refused`)
  }
})

void t.test('decodes in linear time', async t => {
  const subjects: [string, (n: number) => Buffer][] = [
    ['E', n => Buffer.from('Mx\0'.repeat(n) + '\0')],
    ['N', n => Buffer.from('M' + 'x'.repeat(3 * n) + '\0\0')],
    ['R', n => Buffer.concat([int32(10), Buffer.from('ab\0'.repeat(n) + '\0')])],
    ['v', n => Buffer.concat([int32(2), int32(n), Buffer.from('ab\0'.repeat(n))])],
    ['v', n => Buffer.concat([int32(2), int32(3 * n), Buffer.alloc(3 * n)])],
    ['S', n => Buffer.from('ab\0' + 'x'.repeat(3 * n) + '\0')],
  ]
  for (const [type, bodyOf] of subjects) {
    const work = (n: number): number => {
      const { body, work } = counted(bodyOf(n))
      parseBackendMessage({ type, body })
      return work()
    }
    const [small, large] = [work(200), work(3_200)]
    t.ok(small > 200 && large / small < 17, `${type}: 16 times the bytes cost ${large / small} times the work`)
  }
})
