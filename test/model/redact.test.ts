import fc from 'fast-check'
import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { holdsToken, keyIdOf, redactDeep, redactText, redactTokens } from '../../src/model/redact.js'

const ID = 'bF22HzQKxZVD'
const SECRET = 'u08aps8MuRZQcnTo5gy7ANCKgXP5BezCHzhlbNE2Nth2yoTBl'
const TOKEN = `pstn_${ID}_${SECRET}`
const REDACTED = `pstn_${ID}_[redacted]`

/** The secret in pieces that are too short to be told from other text, and long enough to be one of it. */
const PIECES = Array.from({ length: SECRET.length - 7 }, (_, at) => SECRET.slice(at, at + 8).toLowerCase())

function leaks(text: string): boolean {
  const plain = text.toLowerCase().replace(/[^a-z0-9]/g, '')
  return PIECES.some(piece => plain.includes(piece))
}

void t.test('leaves the public key id of a token, and nothing else of it', async t => {
  for (let n = 0; n < 50; n++) {
    const { keyId, token } = mintToken()
    t.equal(redactText(token), `pstn_${keyId}_[redacted]`)
  }
  t.equal(redactText(`user=x password=${TOKEN} host=y`), `user=x password=${REDACTED} host=y`)
  t.equal(redactText(`postgres://x:${TOKEN}@h/db`), `postgres://${REDACTED}@h/db`)
  t.equal(redactText(`${TOKEN},${TOKEN}`), `${REDACTED},${REDACTED}`)
  t.equal(redactText(TOKEN + TOKEN), REDACTED + REDACTED)
})

void t.test('takes the secret of a token that was cut, mistyped, encoded or broken', async t => {
  const cases: Record<string, [string, string]> = {
    'cut short': [TOKEN.slice(0, 30), REDACTED],
    'cut within its key id': [TOKEN.slice(0, 12), 'pstn_[redacted]'],
    'cut at the end of its key id': [TOKEN.slice(0, 17), 'pstn_[redacted]'],
    'one character short in the key id': [`pstn_${ID.slice(1)}_${SECRET}`, 'pstn_[redacted]'],
    'without its second underscore': [`pstn_${ID}${SECRET}`, 'pstn_[redacted]'],
    'with more stuck to it': [`x${TOKEN}abc_1`, `x${REDACTED}`],
    'prefix in capitals': [`PSTN_${ID}_${SECRET}`, REDACTED],
    'all in capitals': [TOKEN.toUpperCase(), `pstn_${ID.toUpperCase()}_[redacted]`],
    'first underscore encoded': [`pstn%5F${ID}_${SECRET}`, REDACTED],
    'both underscores encoded': [`pstn%5f${ID}%5f${SECRET}`, REDACTED],
    'encoded twice': [`pstn%255F${ID}%255F${SECRET}`, REDACTED],
    'a letter encoded': [`pstn_${ID}_%7508aps8${SECRET.slice(7)}`, REDACTED],
    'broken by a line end': [`pstn_${ID}_${SECRET.slice(0, 20)}\n${SECRET.slice(20)} next`, `${REDACTED} next`],
    'broken by CR LF and indented': [`${TOKEN.slice(0, 40)}\r\n   ${TOKEN.slice(40)}`, REDACTED],
    'broken within its key id': [`pstn_${ID.slice(0, 5)}\n${ID.slice(5)}_${SECRET}`, 'pstn_[redacted]'],
    'broken as JSON writes it': [`"${TOKEN.slice(0, 40)}\\n${TOKEN.slice(40)}"`, `"${REDACTED}"`],
    'broken as a URL writes it': [`${TOKEN.slice(0, 40)}%0D%0A${TOKEN.slice(40)}`, REDACTED],
    'broken by what is not seen': [`${TOKEN.slice(0, 40)}\u200b${TOKEN.slice(40, 50)}\0${TOKEN.slice(50)}`, REDACTED],
  }
  for (const [name, [text, expected]] of Object.entries(cases)) t.equal(redactText(text), expected, name)
})

void t.test('ends at the end of a whole token, and leaves what is no token', async t => {
  t.equal(redactText(`${TOKEN}\nnext line`), `${REDACTED}\nnext line`)
  t.equal(redactText(`${TOKEN}\n`), `${REDACTED}\n`)
  t.equal(redactText(`${TOKEN}%20more`), `${REDACTED}%20more`)
  for (const text of [
    'nothing to hide, not even pstn_',
    'pstn_bF22HzQKxZVD_…',
    'pstn_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}',
    'the 12 characters after `pstn_`',
    'no account robot at https://postern.example.com',
    'the password is wrong',
    'ada@example.com',
    '',
  ]) {
    t.equal(redactText(text), text)
  }
})

void t.test('takes user info out of URLs, also out of odd ones', async t => {
  t.equal(redactText('postgres://ada:hunter2@db:5432/shop'), 'postgres://[redacted]@db:5432/shop')
  t.equal(redactText('postgres://ada@db/shop'), 'postgres://[redacted]@db/shop')
  t.equal(redactText('postgres://me:hu/nt@er"2@db/shop'), 'postgres://[redacted]@db/shop')
  t.equal(redactText('from http://a:b@c to http://d:e@f/g?h'), 'from http://[redacted]@c to http://[redacted]@f/g?h')
})

void t.test('takes the value of password= in every form of a connection string', async t => {
  const cases = {
    'postgres://db/shop?user=me&password=hunter2&sslmode=require':
      'postgres://db/shop?user=me&password=[redacted]&sslmode=require',
    'host=db password=hunt&er2 user=me': 'host=db password=[redacted] user=me',
    "host=db password = 'hunter 2\\' x' user=me": 'host=db password = [redacted] user=me',
    "password='never closed": 'password=[redacted]',
    'PGPASSWORD=hunter2 psql': 'PGPASSWORD=[redacted] psql',
    'sslpassword=hunter2': 'sslpassword=[redacted]',
    'password=': 'password=',
  }
  for (const [text, expected] of Object.entries(cases)) t.equal(redactText(text), expected)
})

const fragment = fc.oneof(
  fc.constantFrom(
    TOKEN,
    TOKEN.toUpperCase(),
    TOKEN.replaceAll('_', '%5F'),
    `${TOKEN.slice(0, 33)}\n${TOKEN.slice(33)}`,
  ),
  fc.constantFrom(
    'pstn_',
    'PSTN%5f',
    `pstn_${ID}_`,
    `pstn_${ID}`,
    '[redacted]',
    '://',
    '@',
    'password=',
    '&a=',
    "'",
    '\\',
  ),
  fc.constantFrom('\n', '\\n', '\\u0000', '%0a', '%25', '%2541', ' ', '\t', 'pstn', '_', '%5f', 'x', '=', '"'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const texts = fc.array(fragment, { maxLength: 14 }).map(parts => parts.join(''))

void t.test('is idempotent', async () => {
  fc.assert(
    fc.property(texts, text => redactText(redactText(text)) === redactText(text)),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(texts, text => redactTokens(redactTokens(text)) === redactTokens(text)),
    { numRuns: 3000 },
  )
})

void t.test('leaves nothing of a token wherever it stands, cut afterwards or before', async () => {
  const place = fc.tuple(texts, texts, fc.nat(200), fc.nat(200))
  fc.assert(
    fc.property(place, ([before, after, start, length]) => {
      const text = `${before}${TOKEN}${after}`
      const cutLater = redactText(text).slice(start, start + length)
      const cutEarlier = redactText(text.slice(0, start + length))
      return !leaks(redactText(text)) && !leaks(redactText(cutLater)) && !leaks(cutEarlier)
    }),
    { numRuns: 3000 },
  )
})

void t.test('JSON stays JSON when tokens are cut out of it', async () => {
  fc.assert(
    fc.property(texts, texts, (name, value) => {
      const json = JSON.stringify({ [name]: [value, { [value]: TOKEN }] })
      JSON.parse(redactTokens(json))
    }),
    { numRuns: 2000 },
  )
})

void t.test('takes linear time, whatever it is given', async t => {
  const seeds = [
    'pstn_',
    'pstn%25',
    'pstn%5f',
    '%25',
    '://',
    '://@',
    'password=',
    'password ',
    "password='",
    '\\',
    '\\n',
  ]
  seeds.push(
    'pstn_\\',
    'pstn_\n',
    'pstn_ ',
    'pstn_a\n',
    '&a',
    'password=&',
    'password=&a',
    "password='\\",
    'pstn_a\\u000',
  )
  for (const seed of seeds) {
    const [short, long] = [2 ** 15, 2 ** 19].map(length => timed(seed.repeat(length / seed.length)))
    // 16 times the text: quadratic time would be 256 times as much.
    t.ok((long ?? 0) < 100 * Math.max(short ?? 0, 2), `${JSON.stringify(seed)}: ${short} ms, ${long} ms`)
  }
})

function timed(text: string): number {
  const tries = Array.from({ length: 3 }, () => {
    const start = performance.now()
    redactText(text)
    holdsToken(text)
    return performance.now() - start
  })
  return Math.min(...tries)
}

void t.test('redacts the strings of a value, however deep, and the names of its fields', async t => {
  const value = { [TOKEN]: 1, a: [TOKEN, { b: `x ${TOKEN}`, c: null, d: true, e: 1.5 }] }
  t.strictSame(redactDeep(value), { [REDACTED]: 1, a: [REDACTED, { b: `x ${REDACTED}`, c: null, d: true, e: 1.5 }] })
})

void t.test('tells a token from a name that begins like one', async t => {
  for (const text of [TOKEN, `x ${TOKEN} y`, TOKEN.toUpperCase(), TOKEN.slice(0, 30), `pstn%5F${ID}_${SECRET}`]) {
    t.equal(holdsToken(text), true)
  }
  for (const text of ['pstn_reader', 'pstn_', `pstn_${ID}_…`, REDACTED, `pstn_${ID}_short`, 'robot']) {
    t.equal(holdsToken(text), false, text)
  }
})

void t.test('reads the id out of a token', async t => {
  t.equal(keyIdOf(TOKEN), ID)
  t.equal(keyIdOf(ID), null)
})
