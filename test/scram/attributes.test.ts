import fc from 'fast-check'
import t from 'tap'
import { AttributeReader, decodeBase64, isPrintable, readText } from '../../src/scram/attributes.js'
import { bytes, codeOf } from './fixture.js'

void t.test('reads attributes in order, empty values and values with = included', async t => {
  const reader = new AttributeReader('n=,r=a=b,s=x')
  t.equal(reader.take('n'), '')
  t.equal(reader.take('r'), 'a=b')
  t.equal(reader.done, false)
  t.same(reader.next(), { name: 's', value: 'x' })
  t.equal(reader.done, true)
})

void t.test('refuses an attribute that is missing, misnamed, or without = after its letter', async t => {
  for (const text of ['', ',', 'r', '=x', 'rr=x', '1=x', ' r=x', 's=x', 'é=x']) {
    t.equal(
      codeOf(() => new AttributeReader(text).take('r')),
      'malformed_message',
      JSON.stringify(text),
    )
  }
})

void t.test('refuses a comma that nothing follows', async t => {
  const reader = new AttributeReader('r=x,')
  reader.take('r')
  t.equal(reader.done, false)
  t.equal(
    codeOf(() => reader.skipExtensions()),
    'malformed_message',
  )
})

void t.test('tells a mandatory extension from an attribute out of place', async t => {
  t.equal(
    codeOf(() => new AttributeReader('m=must,n=,r=x').take('n')),
    'unsupported_extension',
  )
})

void t.test('steps over optional extensions', async t => {
  const reader = new AttributeReader('r=x,x=1,y=,z=a=b')
  reader.take('r')
  reader.skipExtensions()
  t.equal(reader.done, true)
})

void t.test('takes a message up to its cap, and none that is longer, empty or has a zero byte', async t => {
  t.equal(readText(bytes('abc'), 3), 'abc')
  t.equal(
    codeOf(() => readText(bytes('abcd'), 3)),
    'message_too_long',
  )
  t.equal(
    codeOf(() => readText(bytes(''), 3)),
    'malformed_message',
  )
  t.equal(
    codeOf(() => readText(bytes('a\0b'), 3)),
    'malformed_message',
  )
})

void t.test('keeps every byte of a message', async t => {
  const every = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1))
  t.same(bytes(readText(every, 255)), every)
})

void t.test('decodes base64 in its canonical form only', async t => {
  t.same(decodeBase64('AQID'), Buffer.from([1, 2, 3]))
  t.same(decodeBase64('AQI='), Buffer.from([1, 2]))
  t.same(decodeBase64(''), Buffer.alloc(0))
  const others = ['AQI', 'AQI==', 'AQJ=', ' AQID', 'AQ\nID', 'AQ-_', 'AQID=', '=', '====', 'A', 'äQID']
  for (const other of others) {
    t.equal(
      codeOf(() => decodeBase64(other)),
      'invalid_encoding',
      JSON.stringify(other),
    )
  }
})

void t.test('decodes what base64 encodes', async () => {
  fc.assert(
    fc.property(fc.uint8Array(), raw => Buffer.from(raw).equals(decodeBase64(Buffer.from(raw).toString('base64')))),
  )
})

void t.test('knows printable ASCII without comma', async t => {
  t.equal(isPrintable('!~+-azAZ09'), true)
  for (const other of ['', 'a b', 'a,b', 'a\x7f', 'a\n', 'é']) t.equal(isPrintable(other), false, JSON.stringify(other))
})

void t.test('throws nothing but ScramError, whatever the text', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), raw => {
      codeOf(() => new AttributeReader(readText(Buffer.from(raw), 100)).skipExtensions())
    }),
  )
  t.pass()
})

void t.test('reads millions of attributes in linear time', async t => {
  // Two million of them: were each read to cost the length of the whole message, this would take hours.
  const reader = new AttributeReader('x=,'.repeat(2_000_000) + 'x=')
  reader.skipExtensions()
  t.equal(reader.done, true)
})
