import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/index'
import t from 'tap'
import * as frontend from '../../src/wire/frontend.js'
import { counted } from './counting.js'
import {
  HUGE_LENGTHS,
  hostileBody,
  int32,
  LYING_LENGTHS,
  messageOf,
  throwsOnlyWireError,
  wireErrorOf,
} from './hostile.js'

const { parsePassword, parseSaslInitialResponse, parseSaslResponse } = frontend
const FIRST = 'n,,n=,r=nonce'

void t.test('reads what pg-protocol writes', async t => {
  t.equal(parsePassword(messageOf(serialize.password('pstn_é')).body).toString(), 'pstn_é')
  t.strictSame(
    parseSaslInitialResponse(messageOf(serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', FIRST)).body),
    { mechanism: 'SCRAM-SHA-256', data: Buffer.from(FIRST) },
  )
  t.strictSame(
    parseSaslResponse(messageOf(serialize.sendSCRAMClientFinalMessage('c=biws')).body),
    Buffer.from('c=biws'),
  )
})

void t.test('writes what pg-protocol writes', async t => {
  t.strictSame(frontend.passwordMessage('pstn_é'), serialize.password('pstn_é'))
  t.strictSame(
    frontend.saslInitialResponse('SCRAM-SHA-256', Buffer.from(FIRST)),
    serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', FIRST),
  )
  t.strictSame(frontend.saslResponse(Buffer.from('c=biws')), serialize.sendSCRAMClientFinalMessage('c=biws'))
  t.strictSame(frontend.query('select é'), serialize.query('select é'))
  t.strictSame(frontend.terminate(), serialize.end())
})

void t.test('reads back what it wrote', async t => {
  const text = fc.string({ unit: 'grapheme', maxLength: 50 }).filter(value => !value.includes('\0'))
  const bytes = fc.uint8Array({ maxLength: 50 }).map(value => Buffer.from(value))
  fc.assert(
    fc.property(text, fc.option(bytes), (mechanism, data) => {
      t.equal(parsePassword(messageOf(frontend.passwordMessage(mechanism)).body).toString(), mechanism)
      const initial = messageOf(frontend.saslInitialResponse(mechanism, data)).body
      t.strictSame(parseSaslInitialResponse(initial), { mechanism, data })
    }),
    { numRuns: 200 },
  )
})

void t.test('takes an empty password as one, for the caller to refuse', async t => {
  t.equal(parsePassword(Buffer.from('\0')).length, 0)
})

void t.test('gives passwords as the bytes that came', async t => {
  t.strictSame(parsePassword(Buffer.from([0xff, 0x80, 0])), Buffer.from([0xff, 0x80]))
})

void t.test('refuses a password that is not one terminated string', async t => {
  const errorOf = (text: string) => wireErrorOf(() => parsePassword(Buffer.from(text)))
  t.equal(errorOf(''), 'bad_string')
  t.equal(errorOf('secret'), 'bad_string')
  t.equal(errorOf('sec\0ret\0'), 'trailing_bytes')
  t.equal(errorOf('secret\0\0'), 'trailing_bytes')
})

void t.test('refuses a SASL response whose length is not that of its data', async t => {
  const errorOf = (length: number, data: string) =>
    wireErrorOf(() =>
      parseSaslInitialResponse(Buffer.concat([Buffer.from('SCRAM\0'), int32(length), Buffer.from(data)])),
    )
  t.equal(errorOf(4, 'data'), 'nothing')
  t.equal(errorOf(-1, ''), 'nothing')
  for (const length of [...LYING_LENGTHS, ...HUGE_LENGTHS, 3, 5]) {
    t.equal(errorOf(length, 'data'), 'bad_length', `${length}`)
  }
  for (const length of [...HUGE_LENGTHS, -2]) t.equal(errorOf(length, ''), 'bad_length', `${length}`)
})

void t.test('refuses a SASL initial response cut short at any byte', async t => {
  const { body } = messageOf(frontend.saslInitialResponse('SCRAM-SHA-256', Buffer.from(FIRST)))
  for (let length = 0; length < body.length; length++) {
    t.not(
      wireErrorOf(() => parseSaslInitialResponse(body.subarray(0, length))),
      'nothing',
    )
  }
})

void t.test('refuses to write a NUL', async t => {
  for (const write of [
    () => frontend.passwordMessage('a\0b'),
    () => frontend.query('select 1\0'),
    () => frontend.saslInitialResponse('SCRAM\0', null),
  ]) {
    t.equal(wireErrorOf(write), 'bad_string')
  }
})

void t.test('throws only WireError, whatever the body', async t => {
  for (const decode of [parsePassword, parseSaslInitialResponse]) {
    const outcomes = throwsOnlyWireError(decode, hostileBody([Buffer.from('SCRAM-SHA-256\0')]))
    t.ok(outcomes.has('nothing') && outcomes.has('bad_string'), decode.name)
  }
})

void t.test('decodes in linear time', async t => {
  for (const decode of [parsePassword, parseSaslInitialResponse]) {
    const work = (size: number): number => {
      const { body, work } = counted(Buffer.concat([Buffer.alloc(size, 'x'), Buffer.from('\0')]))
      wireErrorOf(() => decode(body))
      return work()
    }
    const ratio = work(64_000) / work(4_000)
    t.ok(ratio > 15 && ratio < 17, `${decode.name}: 16 times the bytes cost ${ratio} times the work`)
  }
})
