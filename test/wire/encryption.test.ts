import { Buffer } from 'node:buffer'
import t from 'tap'
import { encryptionAccepted, encryptionRefused, parseEncryptionAnswer } from '../../src/wire/encryption.js'
import { errorResponse } from '../../src/wire/backend.js'
import { hostileBody, throwsOnlyWireError, wireErrorOf } from './hostile.js'

void t.test('reads back the two answers', async t => {
  t.equal(parseEncryptionAnswer(encryptionAccepted()), 'accepted')
  t.equal(parseEncryptionAnswer(encryptionRefused()), 'refused')
  t.equal(encryptionAccepted().toString(), 'S')
  t.equal(encryptionRefused().toString(), 'N')
})

void t.test('waits for the first byte', async t => {
  t.equal(parseEncryptionAnswer(Buffer.alloc(0)), undefined)
})

void t.test('refuses bytes sent along with the TLS answer', async t => {
  for (const answer of ['SS', 'S\x16', 'NR']) {
    t.equal(
      wireErrorOf(() => parseEncryptionAnswer(Buffer.from(answer))),
      'bytes_before_tls',
    )
  }
})

void t.test('refuses any other answer, and does not read an error in its place', async t => {
  const error = errorResponse({ severity: 'FATAL', code: '08P01', message: 'trust me' })
  for (const answer of [error, Buffer.from('G'), Buffer.from('s'), Buffer.from([0])]) {
    t.equal(
      wireErrorOf(() => parseEncryptionAnswer(answer)),
      'unexpected_message',
    )
  }
})

void t.test('throws only WireError, whatever comes', async t => {
  const outcomes = throwsOnlyWireError(parseEncryptionAnswer, hostileBody([encryptionAccepted()]))
  t.strictSame([...outcomes].sort(), ['bytes_before_tls', 'nothing', 'unexpected_message'])
})
