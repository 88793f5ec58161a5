import fc from 'fast-check'
import t from 'tap'
import { saslprep } from '../../src/scram/saslprep.js'

void t.test('prepares the examples of RFC 4013 s.3', async t => {
  t.equal(saslprep('I\u00adX'), 'IX', 'soft hyphen is mapped to nothing')
  t.equal(saslprep('user'), 'user', 'no transformation')
  t.equal(saslprep('USER'), 'USER', 'case is kept')
  t.equal(saslprep('\u00aa'), 'a', 'output is NFKC')
  t.equal(saslprep('\u2168'), 'IX', 'output is NFKC')
})

void t.test('goes on with the raw password where RFC 4013 s.3 has an error, as Postgres does', async t => {
  t.equal(saslprep('\u0007'), '\u0007', 'prohibited character')
  t.equal(saslprep('\u0627\u0031'), '\u0627\u0031', 'bidirectional check')
})

void t.test('makes every kind of space a plain one, the zero-width one too', async t => {
  t.equal(saslprep('a\u00a0b\u2003c\u200bd\u3000e'), 'a b c d e')
})

void t.test('leaves a password alone that is nothing but characters mapped to nothing', async t => {
  t.equal(saslprep('\u00ad\u2060'), '\u00ad\u2060')
})

void t.test('prepares nothing when a single character is prohibited or unassigned in Unicode 3.2', async t => {
  for (const odd of ['\u0007', '\ue000', '\u0340', '\u{1f600}', '\u0221', '\ud800', '\ufffd', '\u{e0041}']) {
    t.equal(saslprep(`\u00aa${odd}`), `\u00aa${odd}`, odd.codePointAt(0)?.toString(16) ?? '')
  }
})

void t.test('wants text that is written from right to left to be so from end to end', async t => {
  t.equal(saslprep('\u05d0\u00ad1\u05d1'), '\u05d01\u05d1', 'digits between are neutral')
  t.equal(saslprep('\u00aa\u05d0'), '\u00aa\u05d0', 'left-to-right character')
  t.equal(saslprep('1\u00ad\u05d0'), '1\u00ad\u05d0', 'neutral at the beginning')
  t.equal(saslprep('\u05d0\u00ad1'), '\u05d0\u00ad1', 'neutral at the end')
})

void t.test('returns ASCII as it came, control characters included', async () => {
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), text => saslprep(text) === text))
})

void t.test('never throws, and returns either the raw text or NFKC', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const prepared = saslprep(text)
      return prepared === text || prepared === prepared.normalize('NFKC')
    }),
  )
  t.pass()
})
