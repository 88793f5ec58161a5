import { Buffer } from 'node:buffer'
import { PassThrough } from 'node:stream'
import { parse } from 'pg-protocol/dist/index'
import t from 'tap'
import * as backend from '../../src/wire/backend.js'
import { int32, messageOf, pieces, wireErrorOf } from './hostile.js'

const CHALLENGE = Buffer.from('r=abc,s=c2FsdA==,i=4096')

/** What pg-protocol makes of a stream: plain objects, with the lengths that it read. */
async function judged(...chunks: Buffer[]): Promise<Record<string, unknown>[]> {
  const stream = new PassThrough()
  const seen: Record<string, unknown>[] = []
  const done = parse(stream, message => seen.push({ ...message }))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await done
  return seen
}

const words = [
  backend.authenticationOk(),
  backend.authenticationCleartext(),
  backend.authenticationMd5(Buffer.from([1, 2, 3, 4])),
  backend.authenticationSasl(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']),
  backend.authenticationSaslContinue(CHALLENGE),
  backend.authenticationSaslFinal(Buffer.from('v=c2ln')),
  backend.parameterStatus('server_version', '18.0'),
  backend.backendKeyData({ processId: 4711, secretKey: int32(-2) }),
  backend.readyForQuery('I'),
]

const understood = [
  { name: 'authenticationOk', length: 8 },
  { name: 'authenticationCleartextPassword', length: 8 },
  { name: 'authenticationMD5Password', length: 12, salt: Buffer.from([1, 2, 3, 4]) },
  { name: 'authenticationSASL', mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'] },
  { name: 'authenticationSASLContinue', data: CHALLENGE.toString() },
  { name: 'authenticationSASLFinal', data: 'v=c2ln' },
  { name: 'parameterStatus', parameterName: 'server_version', parameterValue: '18.0' },
  { name: 'backendKeyData', processID: 4711, secretKey: -2 },
  { name: 'readyForQuery', status: 'I' },
]

void t.test('pg-protocol understands every login message', async t => {
  t.match(await judged(Buffer.concat(words)), understood)
})

void t.test('pg-protocol understands them one byte at a time', async t => {
  const seen = await judged(...pieces(Buffer.concat(words), 1))
  t.equal(seen.length, understood.length)
  t.match(seen, understood)
})

void t.test('pg-protocol understands errors and notices', async t => {
  const fields = { severity: 'FATAL', code: '28P01', message: 'pas d’accès', detail: 'ref 1', hint: 'ask' } as const
  const [error, notice] = await judged(backend.errorResponse(fields), backend.noticeResponse(fields))
  t.match(error, { ...fields, message: undefined, name: 'error' })
  t.match(notice, { ...fields, message: 'pas d’accès', name: 'notice' })
})

void t.test('writes the bytes that the manual describes', async t => {
  t.strictSame(backend.authenticationOk(), Buffer.from('520000000800000000', 'hex'))
  t.strictSame(backend.readyForQuery('E'), Buffer.from('5a0000000545', 'hex'))
  t.strictSame(backend.parameterStatus('a', '\xff'), Buffer.from('53000000086100ff00', 'hex'))
  t.strictSame(
    backend.negotiateProtocolVersion({ minor: 2, unsupported: ['_pq_.x'] }),
    Buffer.concat([Buffer.from('76000000130003000200000001', 'hex'), Buffer.from('_pq_.x\0')]),
  )
})

void t.test('leaves out the fields that an error does not have', async t => {
  const bytes = backend.errorResponse({ severity: 'ERROR', code: '42501', message: 'no', hint: undefined })
  t.equal(messageOf(bytes).body.toString(), 'SERROR\0VERROR\0C42501\0Mno\0\0')
})

void t.test('sends an error whatever its text holds, on one string and under 30,000 bytes', async t => {
  const long = '€'.repeat(100_000)
  const fields = { severity: 'FATAL', code: '08P01', message: `a\0Hb\0${long}`, detail: long, hint: long } as const
  const { body } = messageOf(backend.errorResponse(fields))
  t.ok(body.length < 30_000, `${body.length} bytes`)
  t.match(body.toString(), 'Ma Hb €')
  t.equal(body.toString().split('\0').length, 8, 'six fields and two terminators')
})

void t.test('refuses strings that would end early', async t => {
  t.equal(
    wireErrorOf(() => backend.parameterStatus('a\0b', 'c')),
    'bad_string',
  )
  t.equal(
    wireErrorOf(() => backend.parameterStatus('a', '\u0100')),
    'bad_string',
  )
  t.equal(
    wireErrorOf(() => backend.authenticationSasl(['SCRAM\0'])),
    'bad_string',
  )
  t.equal(
    wireErrorOf(() => backend.negotiateProtocolVersion({ minor: 2, unsupported: ['_pq_.\0'] })),
    'bad_string',
  )
})

void t.test('refuses salts and cancel keys of a wrong length', async t => {
  t.equal(
    wireErrorOf(() => backend.authenticationMd5(Buffer.alloc(5))),
    'bad_length',
  )
  for (const length of [0, 3, 257]) {
    t.equal(
      wireErrorOf(() => backend.backendKeyData({ processId: 1, secretKey: Buffer.alloc(length) })),
      'bad_length',
    )
  }
})
