import fc from 'fast-check'
import t from 'tap'
import { MAX_NONCE_LENGTH, MAX_SALT_BYTES, readChallenge } from '../../src/scram/challenge.js'
import { codeOf, RFC_7677 } from './fixture.js'

const limits = { clientNonce: 'client', maxIterations: 100_000 }
const SALT = 'c2FsdA=='

function codeOfChallenge(text: string): string {
  return codeOf(() => readChallenge(text, limits))
}

void t.test('reads the challenge of RFC 7677', async t => {
  const { clientNonce, serverNonce, salt, iterations } = RFC_7677
  const challenge = readChallenge(RFC_7677.serverFirst, { clientNonce, maxIterations: 4096 })
  t.same(challenge, { nonce: clientNonce + serverNonce, salt, iterations })
})

void t.test('accepts no more iterations than its cap, and at least one', async t => {
  const cases = [
    ['1', 'no error'],
    ['100000', 'no error'],
    ['100001', 'iterations_out_of_range'],
    ['2147483648', 'iterations_out_of_range'],
    ['9'.repeat(400), 'iterations_out_of_range'],
    ['0', 'iterations_out_of_range'],
    ['-1', 'malformed_message'],
    ['1e3', 'malformed_message'],
    ['0x10', 'malformed_message'],
    [' 1', 'malformed_message'],
    ['4096.5', 'malformed_message'],
    ['', 'malformed_message'],
  ] as const
  for (const [iterations, code] of cases)
    t.equal(codeOfChallenge(`r=client1,s=${SALT},i=${iterations}`), code, iterations)
})

void t.test('wants its own nonce continued, by something and not without end', async t => {
  const cases = [
    ['client1', 'no error'],
    [`client${'1'.repeat(MAX_NONCE_LENGTH - 6)}`, 'no error'],
    [`client${'1'.repeat(MAX_NONCE_LENGTH - 5)}`, 'nonce_too_long'],
    ['client', 'nonce_mismatch'],
    ['clien', 'nonce_mismatch'],
    ['xclient1', 'nonce_mismatch'],
    ['CLIENT1', 'nonce_mismatch'],
    ['client 1', 'invalid_encoding'],
    ['client\x7f', 'invalid_encoding'],
    ['', 'invalid_encoding'],
  ] as const
  for (const [nonce, code] of cases) t.equal(codeOfChallenge(`r=${nonce},s=${SALT},i=1`), code, nonce.slice(0, 20))
})

void t.test('wants a salt of base64 that is neither empty nor huge', async t => {
  const cases = [
    [Buffer.alloc(MAX_SALT_BYTES).toString('base64'), 'no error'],
    [Buffer.alloc(MAX_SALT_BYTES + 1).toString('base64'), 'salt_out_of_range'],
    ['', 'salt_out_of_range'],
    ['no base64!', 'invalid_encoding'],
    ['c2FsdA', 'invalid_encoding'],
  ] as const
  for (const [salt, code] of cases) t.equal(codeOfChallenge(`r=client1,s=${salt},i=1`), code, salt.slice(0, 20))
})

void t.test('ignores optional extensions and refuses mandatory ones', async t => {
  t.equal(codeOfChallenge(`r=client1,s=${SALT},i=1,x=y`), 'no error')
  t.equal(codeOfChallenge(`m=x,r=client1,s=${SALT},i=1`), 'unsupported_extension')
  t.equal(codeOfChallenge(`r=client1,s=${SALT},i=1,`), 'malformed_message')
  t.equal(codeOfChallenge(`s=${SALT},r=client1,i=1`), 'malformed_message')
  t.equal(codeOfChallenge('e=other-error'), 'malformed_message')
})

void t.test('throws nothing but ScramError, whatever the text', async t => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('r=client1', 's=', SALT, 'i=', '1', ',', 'm=', 'x=y', '=', '\x7f'), { maxLength: 12 })
      .map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(text, text => void codeOfChallenge(text)),
    { numRuns: 1_000 },
  )
  t.pass()
})
