import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/index'
import t from 'tap'
import { binary, utf8 } from '../../src/wire/binary-string.js'
import type { FirstPacket } from '../../src/wire/startup.js'
import * as startup from '../../src/wire/startup.js'
import { counted } from './counting.js'
import { hostileBody, int32, throwsOnlyWireError, wireErrorOf } from './hostile.js'

const V30 = int32(0x30000)

function bodyOf(text: string, version = V30): Buffer {
  return Buffer.concat([version, Buffer.from(text, 'latin1')])
}

function parametersOf(packet: FirstPacket): [string, string][] {
  return packet.kind === 'startup' ? [...packet.parameters] : []
}

function errorOf(body: Buffer): string {
  return wireErrorOf(() => startup.parseFirstPacket(body))
}

void t.test('reads back what it wrote, whatever bytes the values hold', async t => {
  const byte = fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code))
  const value = fc.string({ unit: byte, maxLength: 20 })
  const names = fc.string({ unit: byte, minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(fc.tuple(names, value)), fc.integer({ min: 0, max: 65535 }), (pairs, minor) => {
      const parameters = new Map([['user', '\xff\x80'], ...pairs.filter(([name]) => name !== 'user')])
      const packet = startup.parseFirstPacket(startup.encodeStartup({ minor, parameters }).subarray(4))
      t.strictSame(packet, { kind: 'startup', version: { major: 3, minor }, parameters })
      t.strictSame(parametersOf(packet), [...parameters], 'in the same order')
    }),
    { numRuns: 200 },
  )
})

void t.test('writes what pg-protocol writes, and reads it', async t => {
  const options = { user: 'ünser', database: 'shop/x', application_name: '' }
  const theirs = serialize.startup(options)
  const all = Object.entries({ ...options, client_encoding: 'UTF8' })
  const parameters = new Map(all.map(([name, value]) => [name, binary(value)]))
  t.strictSame(startup.encodeStartup({ minor: 0, parameters }), theirs)
  const packet = startup.parseFirstPacket(theirs.subarray(4))
  t.strictSame(
    parametersOf(packet).map(([name, value]) => [name, utf8(value)]),
    all,
  )
  t.strictSame(startup.encodeSslRequest(), serialize.requestSsl())
  const cancel = serialize.cancel(4711, -559038737)
  t.strictSame(startup.encodeCancelRequest({ processId: 4711, secretKey: int32(-559038737) }), cancel)
  const parsed = startup.parseFirstPacket(cancel.subarray(4))
  t.strictSame(parsed, { kind: 'cancel', processId: 4711, secretKey: int32(-559038737) })
})

void t.test('tells the requests for encryption apart', async t => {
  t.strictSame(startup.encodeSslRequest(), Buffer.from('0000000804d2162f', 'hex'))
  t.strictSame(startup.encodeGssRequest(), Buffer.from('0000000804d21630', 'hex'))
  t.strictSame(startup.parseFirstPacket(startup.encodeSslRequest().subarray(4)), { kind: 'ssl' })
  t.strictSame(startup.parseFirstPacket(startup.encodeGssRequest().subarray(4)), { kind: 'gss' })
})

void t.test('refuses a request for encryption that holds more than its code', async t => {
  for (const request of [startup.encodeSslRequest(), startup.encodeGssRequest()]) {
    t.equal(errorOf(Buffer.concat([request.subarray(4), Buffer.from('x')])), 'trailing_bytes')
  }
})

void t.test('takes cancel keys of 4 to 256 bytes, both ways', async t => {
  for (const length of [4, 5, 32, 256]) {
    const key = { processId: -7, secretKey: Buffer.alloc(length, 0xfe) }
    t.strictSame(startup.parseFirstPacket(startup.encodeCancelRequest(key).subarray(4)), { kind: 'cancel', ...key })
  }
  const code = startup.encodeCancelRequest({ processId: 1, secretKey: Buffer.alloc(4) }).subarray(4, 8)
  for (const length of [0, 1, 3, 257, 5000]) {
    const secretKey = Buffer.alloc(length)
    t.equal(errorOf(Buffer.concat([code, int32(1), secretKey])), 'bad_length')
    t.equal(
      wireErrorOf(() => startup.encodeCancelRequest({ processId: 1, secretKey })),
      'bad_length',
    )
  }
  t.equal(errorOf(Buffer.concat([code, int32(1).subarray(1)])), 'bad_length')
})

void t.test('lets the last value of a repeated parameter count, as postgres does', async t => {
  const packet = startup.parseFirstPacket(bodyOf('user\0root\0database\0a\0user\0app\0\0'))
  t.strictSame(parametersOf(packet), [
    ['user', 'app'],
    ['database', 'a'],
  ])
})

void t.test('keeps an empty value, and names that mean something to JavaScript', async t => {
  const packet = startup.parseFirstPacket(bodyOf('user\0app\0options\0\0__proto__\0x\0\0'))
  t.strictSame(parametersOf(packet), [
    ['user', 'app'],
    ['options', ''],
    ['__proto__', 'x'],
  ])
})

void t.test('refuses a start-up packet without a user, or with an empty one', async t => {
  for (const text of ['\0', 'database\0a\0\0', 'user\0\0\0', 'user\0a\0user\0\0\0', 'User\0a\0\0']) {
    t.equal(errorOf(bodyOf(text)), 'missing_user', JSON.stringify(text))
  }
})

void t.test('refuses a start-up packet whose last byte is not its one terminator', async t => {
  t.equal(errorOf(bodyOf('')), 'bad_string')
  t.equal(errorOf(bodyOf('user\0app\0')), 'bad_string')
  t.equal(errorOf(bodyOf('user\0app')), 'bad_string')
  t.equal(errorOf(bodyOf('user')), 'bad_string')
  t.equal(errorOf(bodyOf('user\0')), 'bad_parameter')
  t.equal(errorOf(bodyOf('user\0app\0\0\0')), 'trailing_bytes')
  t.equal(errorOf(bodyOf('user\0app\0\0database\0a\0\0')), 'trailing_bytes')
})

void t.test('refuses a start-up packet cut short at any byte', async t => {
  const body = bodyOf('user\0app\0database\0shop\0\0')
  for (let length = 0; length < body.length; length++) t.not(errorOf(body.subarray(0, length)), 'nothing', `${length}`)
  t.equal(errorOf(body), 'nothing')
})

void t.test('refuses other major versions before it reads on', async t => {
  for (const version of [0, 0x10000, 0x20000, 0x40000, -1, 0x7fffffff]) {
    t.equal(errorOf(bodyOf('noise', int32(version))), 'bad_version', `${version}`)
  }
})

void t.test('refuses to write strings that would mean something else on the wire', async t => {
  const encode = (name: string, value: string) => () =>
    startup.encodeStartup({ minor: 0, parameters: new Map([[name, value]]) })
  t.equal(wireErrorOf(encode('user', 'a\0database\0b')), 'bad_string')
  t.equal(wireErrorOf(encode('us\0er', 'a')), 'bad_string')
  t.equal(wireErrorOf(encode('user', 'Ā')), 'bad_string', 'U+0100 would become a NUL')
  t.equal(wireErrorOf(encode('', 'a')), 'bad_parameter')
})

void t.test('throws only WireError, whatever the body', async t => {
  const starts = [V30, int32(0x30002), ...[5678, 5679, 5680].map(code => int32((1234 << 16) | code))]
  const outcomes = throwsOnlyWireError(startup.parseFirstPacket, hostileBody(starts))
  for (const code of ['nothing', 'bad_version', 'bad_string', 'missing_user']) t.ok(outcomes.has(code), code)
})

void t.test('parses in linear time', async t => {
  const work = (pairs: number): number => {
    const subject = counted(bodyOf('user\0a\0' + 'n\0v\0'.repeat(pairs) + '\0'))
    startup.parseFirstPacket(subject.body)
    return subject.work()
  }
  const [small, large] = [work(100), work(1_600)]
  t.ok(small > 400)
  t.ok(large / small < 17, `16 times the parameters cost ${large / small} times the work`)
})
