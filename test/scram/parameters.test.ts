import t from 'tap'
import { doomedParameters, newParameters } from '../../src/scram/parameters.js'
import { readSources } from '../architecture/source-files.js'

const secret = Buffer.alloc(32, 1)

void t.test('a new account has a salt of 16 random bytes and the count that every driver accepts', async t => {
  const made = Array.from({ length: 100 }, newParameters)
  t.equal(new Set(made.map(({ salt }) => salt.toString('hex'))).size, 100)
  t.same([...new Set(made.map(({ salt }) => salt.length))], [16])
  t.same([...new Set(made.map(({ iterations }) => iterations))], [4096])
})

void t.test('a name without an account has parameters of the same length and count', async t => {
  const [made, doomed] = [newParameters(), doomedParameters('ghost', secret)]
  t.equal(doomed.salt.length, made.salt.length)
  t.equal(doomed.iterations, made.iterations)
})

void t.test(
  'a name without an account always has the same salt; other names and other secrets have others',
  async t => {
    t.same(doomedParameters('ghost', secret), doomedParameters('ghost', secret))
    t.notSame(doomedParameters('ghost', secret), doomedParameters('ghosts', secret))
    t.notSame(doomedParameters('ghost', secret), doomedParameters('ghost', Buffer.alloc(32, 2)))
  },
)

void t.test('the length and the count of accounts are defined in one file', async t => {
  const server = readSources().filter(({ path }) => /^(auth|scram|store|api|proxy|compose)\//.test(path))
  const definitions = server.flatMap(({ path, text }) =>
    [...text.matchAll(/\bconst (\w*(?:SALT_BYTES|ITERATIONS))\b/g)]
      .map(([, name = '']) => name)
      // Caps on what an upstream server may ask for.
      .filter(name => !name.includes('MAX_'))
      .map(name => `${path} ${name}`),
  )
  t.same(definitions.sort(), ['scram/parameters.ts ITERATIONS', 'scram/parameters.ts SALT_BYTES'])
})
