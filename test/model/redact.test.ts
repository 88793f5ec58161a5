import fc from 'fast-check'
import t from 'tap'
import { mintToken } from '../../src/auth/token.js'
import { holdsToken, keyIdOf, redactDeep, redactText, redactTokens } from '../../src/model/redact.js'
import { base62, checksum } from '../../src/model/token-format.js'

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
    'broken within its key id': [`pstn_${ID.slice(0, 5)}\n${ID.slice(5)}_${SECRET}`, REDACTED],
    'broken within its key id, and cut': [
      `pstn_${ID.slice(0, 5)}\n${ID.slice(5)}_${SECRET.slice(9)}`,
      'pstn_[redacted]',
    ],
    'broken as JSON writes it': [`"${TOKEN.slice(0, 40)}\\n${TOKEN.slice(40)}"`, `"${REDACTED}"`],
    'broken as a URL writes it': [`${TOKEN.slice(0, 40)}%0D%0A${TOKEN.slice(40)}`, REDACTED],
    'broken by what is not seen': [`${TOKEN.slice(0, 40)}\u200b${TOKEN.slice(40, 50)}\0${TOKEN.slice(50)}`, REDACTED],
  }
  for (const [name, [text, expected]] of Object.entries(cases)) t.equal(redactText(text), expected, name)
})

void t.test('takes a token that is broken by blanks, or whose prefix is broken or encoded', async t => {
  const cases: Record<string, [string, string]> = {
    'a blank in front of its secret': [`x pstn_${ID}_ ${SECRET} y`, `x ${REDACTED} y`],
    'a tab in front of its secret': [`pstn_${ID}_\t${SECRET}`, REDACTED],
    'blanks behind its prefix': [`pstn_   ${ID}_${SECRET}`, REDACTED],
    'a blank far in': [`${TOKEN.slice(0, 50)} ${TOKEN.slice(50)}`, REDACTED],
    'a blank between all characters': [[...TOKEN].join(' '), REDACTED],
    'its parts in quotes': [`pstn_'${ID}'_'${SECRET}'`, `${REDACTED}'`],
    'its parts in double quotes': [`pstn_${ID}_"${SECRET}"`, `${REDACTED}"[redacted]"`],
    'quoted in a mail': [`> ${TOKEN.slice(0, 30)}\r\n> ${TOKEN.slice(30)}`, `> ${REDACTED}`],
    'continued by a shell': [`${TOKEN.slice(0, 41)}\\\n${TOKEN.slice(41)}`, REDACTED],
    'its prefix broken by a line end': [`pst\nn_${ID}_${SECRET}`, REDACTED],
    'its prefix broken by what is not seen': [`ps\u200btn_${ID}_${SECRET}`, REDACTED],
    'a letter of its prefix encoded': [`%70stn_${ID}_${SECRET}`, REDACTED],
    'encoded three times over': [`p%252573tn_${ID}_${SECRET}`, REDACTED],
    'all of it encoded': [TOKEN.replace(/./g, percentEncoded), REDACTED],
    'as Markdown writes it': [`pstn\\_${ID}\\_${SECRET}`, REDACTED],
    'as HTML writes it': [`pstn&#95;${ID}&#x5F;${SECRET}`, REDACTED],
    'as HTML names it, twice over': [`pstn&amp;lowbar;${ID}_${SECRET}`, REDACTED],
    'as JSON may write it': [`pstn\\u005f${ID}\\\\u005f${SECRET}`, REDACTED],
    'as other languages may write it': [`\\x70stn\\u{5f}${ID}_${SECRET}`, REDACTED],
    'escaped, and then percent-encoded': [`pstn%5Cu005f${ID}_${SECRET}`, REDACTED],
    'broken within what is encoded': [`%7\n0stn%5 f${ID}_${SECRET}`, REDACTED],
    'cut, its prefix encoded': [`%70stn_${ID}_${SECRET.slice(0, 20)}`, REDACTED],
    'cut, its prefix broken': [`ps\u200btn_${ID}_${SECRET.slice(0, 20)}`, REDACTED],
    'cut behind a blank': [`pstn_${ID}_ ${SECRET.slice(0, 30)} y`, `${REDACTED} y`],
    'cut behind the second blank': [`pstn_ ${ID}_${SECRET.slice(0, 20)}\t${SECRET.slice(20, 40)}`, REDACTED],
    'in capitals, with a blank': [`PSTN_${ID}_ ${SECRET.toUpperCase()}`, REDACTED],
  }
  for (const [name, [text, expected]] of Object.entries(cases)) {
    t.equal(redactText(text), expected, name)
    t.equal(redactText(expected), expected, `${name}, redacted before`)
    t.equal(holdsToken(text), true, `${name}, is refused`)
  }
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
    'see pstn_ docs and more words, more than a token has characters, and some_names in between',
    'pstn_ 12 characters_ and 49 characters of base62 make a token',
    `pstn_${ID}_ was revoked at 10am by ada@example.com`,
    'steps: tn_foo, p. s. t. n_',
    '100%70 of %2570 \\u0070 &#112;',
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

const BROKEN_BY = [
  ' ',
  '   ',
  '\t',
  '\n',
  '\r\n  ',
  '\u200b',
  '\u00ad',
  '\u2028',
  '\ufeff',
  '\0',
  '\\\n',
  '&nbsp;',
  '-',
  '> ',
]
const ENCODINGS: readonly ((part: string) => string)[] = [
  part => (part.length === 1 ? percentEncoded(part) : part.replaceAll('%', '%25')),
  part => (part.length === 1 ? `\\u${hex(part).padStart(4, '0')}` : JSON.stringify(part).slice(1, -1)),
  part => (part.length === 1 ? `&#${part.charCodeAt(0)};` : part.replaceAll('&', '&amp;')),
  part => (part.length === 1 ? `&#x${hex(part)};` : part),
  part => (part === '_' ? '\\_' : part),
]

function hex(character: string): string {
  return character.charCodeAt(0).toString(16)
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

/** A live token with things in between, its prefix in any case, and some of its characters encoded up to three times. */
const mangled = fc
  .record({
    id: fc.bigInt({ min: 0n, max: 62n ** 12n - 1n }),
    secret: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    capitals: fc.array(fc.nat(3), { maxLength: 4 }),
    breaks: fc.array(fc.tuple(fc.integer({ min: 1, max: 66 }), fc.constantFrom(...BROKEN_BY)), { maxLength: 12 }),
    encodings: fc.array(
      fc.tuple(fc.constantFrom(...ENCODINGS), fc.oneof(fc.array(fc.nat(80), { maxLength: 12 }), fc.constant(null))),
      { maxLength: 3 },
    ),
    broken: fc.array(fc.nat(300), { maxLength: 3 }),
  })
  .map(({ id, secret, capitals, breaks, encodings, broken }) => {
    const keyId = base62(id, 12)
    const body = `pstn_${keyId}_${base62(secret, 43)}`
    let parts = [...(body + checksum(body))].map((c, at) => (capitals.includes(at) ? c.toUpperCase() : c))
    for (const [at, between] of breaks) parts.splice(at, 0, between)
    for (const [encode, places] of encodings) {
      parts = parts.map((part, at) => (places === null || places.includes(at) ? encode(part) : part))
    }
    // A wrapped copy breaks what is encoded as well.
    const text = broken.reduce(
      (text, at) => text.replace(new RegExp(`^([^]{${at + 1}}(?<!\\\\))(?=[^])`), '$1\n'),
      parts.join(''),
    )
    return { keyId, text }
  })

void t.test('takes a live token, however it is broken and encoded, and nothing around it', async () => {
  const around = fc.constantFrom('', ' ', 'see pstn_ docs: ', 'the key (', 'a\n', '%20', 'the reader, ', '{"a": "')
  fc.assert(
    fc.property(
      around,
      mangled,
      fc.constantFrom('', ' ', ' is the key of robot', ')', '\nnext_1', '%20more', '"}'),
      (before, { keyId, text }, after) => {
        const redacted = redactText(before + text + after)
        const isRedacted = redacted === `${before}pstn_${keyId}_[redacted]${after}`
        return isRedacted && holdsToken(before + text + after) && redactText(redacted) === redacted
      },
    ),
    { numRuns: 3000 },
  )
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
/** Also with tokens that only their checksum tells from other text. */
const brokenFragment = fc.oneof(
  fc.constantFrom(
    `${TOKEN.slice(0, 18)} ${TOKEN.slice(18)}`,
    `${TOKEN.slice(0, 18)}\t${TOKEN.slice(18, 33)} ${TOKEN.slice(33, 50)}`,
    `${TOKEN.slice(0, 33)}", "${TOKEN.slice(33)}`,
    TOKEN.replaceAll('_', '\\_'),
  ),
  fc.constantFrom(
    'p',
    's',
    'tn',
    'n_',
    'ps\u200btn_',
    '%70stn',
    '&#95;',
    '&amp;',
    '\\u005f',
    'a1b2c3d4',
    '", "',
    '{"a":["',
  ),
  fragment,
)
const brokenTexts = fc.array(brokenFragment, { maxLength: 14 }).map(parts => parts.join(''))

void t.test('is idempotent', async () => {
  fc.assert(
    fc.property(brokenTexts, text => redactText(redactText(text)) === redactText(text)),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(brokenTexts, text => redactTokens(redactTokens(text)) === redactTokens(text)),
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
    fc.property(brokenTexts, brokenTexts, (name, value) => {
      const json = JSON.stringify({ [name]: [value, { [value]: TOKEN }] })
      JSON.parse(redactTokens(json))
    }),
    { numRuns: 2000 },
  )
  const parts = fc.array(fc.oneof(fc.nat(TOKEN.length), fc.constantFrom(true, null, 1.5)), { maxLength: 6 })
  fc.assert(
    fc.property(parts, places => {
      const cuts = [...places.filter(place => typeof place === 'number').sort((a, b) => a - b), TOKEN.length]
      const strings = cuts.map((cut, index) => TOKEN.slice(cuts[index - 1] ?? 0, cut))
      const redacted = redactTokens(JSON.stringify([...strings, places, { [TOKEN]: strings }]))
      JSON.parse(redacted)
      return !leaks(redacted)
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
    'p s t n _ ',
    'p\\n',
    'pst\\n',
    '%70',
    '%2',
    '&a',
    '&#95;',
    '&amp;',
    '\\_',
    '\\u0070',
    `pstn_${ID}_a `,
    `${TOKEN.slice(0, 60)} `,
    `${[...TOKEN].join(' ')}"`,
    `${TOKEN.slice(0, 40)}"`,
  )
  for (const seed of seeds) {
    const [short, long] = [2 ** 13, 2 ** 17].map(length => timed(seed.repeat(length / seed.length)))
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
  t.equal(keyIdOf(`%70stn_ ${ID}_${SECRET}`), ID)
  t.equal(keyIdOf(ID), null)
})
