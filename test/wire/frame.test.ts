import { Buffer } from 'node:buffer'
import t from 'tap'
import { binaryString, frame, int32, textString, untypedFrame } from '../../src/wire/frame.js'
import { wireErrorOf } from './hostile.js'

void t.test('writes a length word that counts itself, and not the type', async t => {
  t.strictSame(frame('X'), Buffer.from('5800000004', 'hex'))
  t.strictSame(frame('p', Buffer.from('ab'), Buffer.from('c')), Buffer.from('7000000007616263', 'hex'))
  t.strictSame(untypedFrame(Buffer.from('abcd')), Buffer.from('0000000861626364', 'hex'))
})

void t.test('writes integers in network order, signed and unsigned', async t => {
  t.strictSame(int32(1), Buffer.from('00000001', 'hex'))
  t.strictSame(int32(-1), Buffer.from('ffffffff', 'hex'))
  t.strictSame(int32(0xfffffffe), Buffer.from('fffffffe', 'hex'))
})

void t.test('writes text as UTF-8 and binary strings as their bytes, each with its terminator', async t => {
  t.strictSame(textString('é', 'x'), Buffer.from('c3a900', 'hex'))
  t.strictSame(binaryString('\xe9', 'x'), Buffer.from('e900', 'hex'))
})

void t.test('refuses what would not arrive as it is, and names the field without its value', async t => {
  t.equal(
    wireErrorOf(() => textString('a\0b', 'x')),
    'bad_string',
  )
  t.equal(
    wireErrorOf(() => binaryString('a\0b', 'x')),
    'bad_string',
  )
  t.equal(
    wireErrorOf(() => binaryString('\u0161', 'x')),
    'bad_string',
    'U+0161 would arrive as "a"',
  )
  t.throws(() => textString('sesame\0', 'a password'), { message: 'a password holds a NUL' })
})
