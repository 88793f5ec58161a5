import { Buffer } from 'node:buffer'
import t from 'tap'
import { BodyReader } from '../../src/wire/body-reader.js'
import { wireErrorOf } from './hostile.js'

const readerOf = (hex: string) => new BodyReader(Buffer.from(hex, 'hex'), 'Test')

void t.test('reads fields one after another, to the end', async t => {
  const reader = readerOf('41' + 'fffffffe' + 'c3a900' + 'c3a900' + '6100' + '0102' + '03')
  t.equal(reader.byte('a'), 0x41)
  t.equal(reader.int32('b'), -2)
  t.equal(reader.text('c'), 'é')
  t.equal(reader.binaryString('d'), '\xc3\xa9')
  t.strictSame(reader.terminated('e'), Buffer.from('a'))
  t.strictSame(reader.bytes(2, 'f'), Buffer.from([1, 2]))
  t.equal(
    wireErrorOf(() => reader.end()),
    'trailing_bytes',
  )
  t.equal(reader.left, 1)
  t.strictSame(reader.rest(), Buffer.from([3]))
  t.equal(reader.left, 0)
  reader.end()
})

void t.test('throws when a field is cut short, and reads nothing of it', async t => {
  const reader = readerOf('414243')
  t.equal(
    wireErrorOf(() => reader.int32('a')),
    'message_too_short',
  )
  t.equal(
    wireErrorOf(() => reader.bytes(4, 'a')),
    'message_too_short',
  )
  t.equal(
    wireErrorOf(() => reader.text('a')),
    'bad_string',
  )
  t.equal(reader.left, 3)
})

void t.test('throws at the end of an empty body', async t => {
  t.equal(
    wireErrorOf(() => readerOf('').byte('a')),
    'message_too_short',
  )
  t.equal(
    wireErrorOf(() => readerOf('').binaryString('a')),
    'bad_string',
  )
  t.equal(readerOf('').rest().length, 0)
})

void t.test('names the message and the field in its errors', async t => {
  t.throws(() => readerOf('').int32('process id'), { message: 'Test ends before its process id' })
})
