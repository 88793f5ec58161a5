import fc from 'fast-check'
import t from 'tap'
import { findReference, REFERENCE_ALPHABET, REFERENCE_FORMS, requestReference } from '../../src/model/reference.js'

const SHORT = '9YSX2-XQDBE'
const UUID = '23584ac1-cdd0-4a00-94e3-0d5c8eda2336'
const LONG = `urn:uuid:${UUID}`

const PSQL = `psql: error: connection to server at "db-proxy-night.example.com" (10.2.3.4), port 6432 failed: FATAL:  password authentication failed
DETAIL:  Reference: ${SHORT}
HINT:  Use the account name as user and one of its active API-key tokens as password. An admin can look up the reference.
`
const PROBLEM = {
  type: 'urn:postern:problem:permission_denied',
  title: 'The account may not do this',
  status: 403,
  code: 'permission_denied',
  detail: 'after-event 00000000-1111-2222-3333-444444444444',
  hint: 'Ask an admin.',
  instance: LONG,
}
const LOG_LINE = {
  level: 'info',
  instance: '00000000-1111-2222-3333-444444444444',
  account: 'night-event',
  session: SHORT,
}

const FORMS: readonly (readonly [text: string, stored: string])[] = [
  [SHORT, SHORT],
  [SHORT.toLowerCase(), SHORT],
  ['9ysX2-XqdBe', SHORT],
  [`  ${SHORT}\n`, SHORT],
  [`"${SHORT}"`, SHORT],
  [`'${SHORT}'.`, SHORT],
  [`\u201c${SHORT}\u201d`, SHORT],
  [`(${SHORT})`, SHORT],
  ['9YSX2\u2013XQDBE', SHORT],
  [`Reference: ${SHORT}`, SHORT],
  [`Reference:${SHORT}`, SHORT],
  [`reference ${SHORT.toLowerCase()}`, SHORT],
  [`DETAIL:  Reference: ${SHORT}`, SHORT],
  [PSQL, SHORT],
  [PSQL.replaceAll('\n', ' '), SHORT],
  [PSQL.replaceAll('\n', ''), SHORT],
  [JSON.stringify({ code: '28P01', detail: `Reference: ${SHORT}` }), SHORT],
  [JSON.stringify(LOG_LINE), SHORT],
  [`https://postern.example.com/audit?reference=${SHORT}`, SHORT],
  [LONG, LONG],
  [LONG.toUpperCase(), LONG],
  [UUID, LONG],
  [`{${UUID.toUpperCase()}}`, LONG],
  [`Reference ${UUID}`, LONG],
  [`Reference: ${LONG}`, LONG],
  [`give ${LONG} to an admin: the log has the details`, LONG],
  [JSON.stringify(PROBLEM), LONG],
  [JSON.stringify(PROBLEM, null, 2), LONG],
  [JSON.stringify(JSON.stringify(PROBLEM)), LONG],
  [`https://postern.example.com/audit?reference=${encodeURIComponent(LONG)}`, LONG],
]

void t.test('finds a reference in every form that is printed, and in what is pasted around it', async t => {
  for (const [text, stored] of FORMS) t.equal(findReference(text), stored, text)
})

void t.test('finds none where there is none', async t => {
  const texts = [
    '',
    'NOBODY-KNOWS',
    'Reference: ',
    '9YSX2',
    '9YSX2-XQDB',
    '9YSX2-XQDBEE',
    '19YSX2-XQDBE',
    '9YSX2-XQDBE-9YSX2',
    'Reference: 9YSX2-XQDBEE',
    '0YSX2-XQDBE',
    '9YSX2-XQDBI',
    '9YSX2XQDBE',
    'urn:uuid:',
    'urn:uuid:23584ac1-cdd0-4a00-94e3',
    `${UUID}0`,
    'urn:postern:problem:permission_denied',
    'pstn_9YSX2XQDBEAB_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghi',
  ]
  for (const text of texts) t.equal(findReference(text), null, text)
  for (const form of REFERENCE_FORMS.split(' or ')) t.equal(findReference(form), form)
})

const anyShort = fc
  .array(fc.constantFrom(...REFERENCE_ALPHABET), { minLength: 10, maxLength: 10 })
  .map(characters => `${characters.slice(0, 5).join('')}-${characters.slice(5).join('')}`)
const anyReference = fc.oneof(anyShort, fc.uuid().map(requestReference))
const anyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map(flags => [...text].map((letter, at) => (flags[at] ? letter.toUpperCase() : letter.toLowerCase())).join(''))
// Text of any kind that has no reference, and ends as words end.
const anyNoise = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), fc.lorem())
  .filter(noise => findReference(noise) === null)
const anyGap = fc.constantFrom(' ', '\n', '\t', '"', "'", ',', ';', '(', ')', '|', '=', ': ')

void t.test('finds any reference in any case within any text that has no other', async t => {
  const written = anyReference.chain(reference => fc.tuple(fc.constant(reference), anyCase(reference)))
  fc.assert(
    fc.property(written, anyNoise, anyGap, anyGap, anyNoise, ([reference, typed], before, left, right, after) => {
      const found = findReference(before + left + typed + right + after)
      return found === reference
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

void t.test('what it returns is found again, and is itself', async t => {
  fc.assert(fc.property(anyReference, reference => findReference(reference) === reference))
  t.pass()
})

void t.test('ends for a long text of beginnings: no pattern goes back over what it has read', async t => {
  for (const piece of ['reference', '9YSX2-', 'urn:uuid:', '23584ac1-', '-', 'REFERENCE: ']) {
    t.equal(findReference(piece.repeat(1_000_000)), null, piece)
  }
})
