import fc from 'fast-check'
import t from 'tap'
import { mintToken, parseToken } from '../../src/auth/token.js'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

// Checksums by Python: zlib.crc32 over the body, written in base 62 with the same digits.
const VECTORS = [
  ['000000000000', 'pstn_000000000000_0000000000000000000000000000000000000000000', '1ap24m'],
  ['zzzzzzzzzzzz', 'pstn_zzzzzzzzzzzz_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1', '02Rmll'],
  ['AbCdEf012345', 'pstn_AbCdEf012345_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf', '2K8AR3'],
  ['postern0demo', 'pstn_postern0demo_0000000000000000000000000000000000000000001', '10uS7q'],
  ['000000000000', 'pstn_000000000000_000000000000000000000000000000000000000044Y', '000bro'],
] as const

const [, BODY, CHECKSUM] = VECTORS[2]
const TOKEN = BODY + CHECKSUM

void t.test('reads tokens whose checksum someone else has computed', async t => {
  for (const [keyId, body, checksum] of VECTORS) t.same(parseToken(body + checksum), { keyId }, body)
})

void t.test('mints tokens that it reads again and that secret scanners find', async t => {
  for (let i = 0; i < 200; i++) {
    const { keyId, token } = mintToken()
    t.match(token, /^pstn_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
    t.same(parseToken(token), { keyId })
    t.equal(token.slice(5, 17), keyId)
  }
})

void t.test('mints neither a key id nor a secret twice', async t => {
  const minted = Array.from({ length: 2000 }, () => mintToken())
  t.equal(new Set(minted.map(({ keyId }) => keyId)).size, 2000)
  t.equal(new Set(minted.map(({ token }) => token.slice(18, 61))).size, 2000)
})

void t.test('uses every digit of the alphabet in key ids, and all 256 bits in secrets', async t => {
  const minted = Array.from({ length: 500 }, () => mintToken())
  t.equal(new Set(minted.map(({ keyId }) => keyId).join('')).size, ALPHABET.length)
  const secrets = minted.map(({ token }) => toNumber(token.slice(18, 61)))
  t.ok(secrets.every(secret => secret < 2n ** 256n))
  t.ok(secrets.some(secret => secret >= 2n ** 255n))
  t.ok(secrets.some(secret => secret % 2n === 1n))
})

void t.test('refuses a typo at every position', async t => {
  for (let at = 0; at < TOKEN.length; at++) {
    for (const digit of [...ALPHABET, '_', '-', ' ']) {
      if (digit === TOKEN[at]) continue
      const typo = TOKEN.slice(0, at) + digit + TOKEN.slice(at + 1)
      if (parseToken(typo) !== null) t.fail(`accepted ${typo}`)
    }
  }
  t.same(parseToken(TOKEN), { keyId: 'AbCdEf012345' })
})

void t.test('refuses two neighbours that changed places', async t => {
  for (let at = 0; at + 1 < TOKEN.length; at++) {
    const [one, two] = [TOKEN.charAt(at), TOKEN.charAt(at + 1)]
    if (one === two) continue
    t.equal(parseToken(TOKEN.slice(0, at) + two + one + TOKEN.slice(at + 2)), null, `at ${at}`)
  }
})

void t.test('refuses a token that lacks a character or has one too many', async t => {
  for (let at = 0; at < TOKEN.length; at++) t.equal(parseToken(TOKEN.slice(0, at) + TOKEN.slice(at + 1)), null)
  for (const text of [`${TOKEN}\n`, ` ${TOKEN}`, `${TOKEN} `, `${TOKEN}0`, '', 'pstn_', TOKEN + TOKEN]) {
    t.equal(parseToken(text), null, JSON.stringify(nameless(text)))
  }
})

void t.test('refuses whatever else is thrown at it', async t => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => parseToken(text) === null))
  fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 67, maxLength: 67 }), text => parseToken(text) === null))
  t.equal(parseToken(TOKEN.replace('A', '\u0391')), null, 'a Greek capital that looks like an A')
})

/** A text that can be printed: the end of a run is searched for tokens. */
function nameless(text: string): string {
  return text.replaceAll(BODY, 'BODY')
}

function toNumber(digits: string): bigint {
  return [...digits].reduce((sum, digit) => sum * 62n + BigInt(ALPHABET.indexOf(digit)), 0n)
}
