import t from 'tap'
import { isProtocolOption, negotiateVersion } from '../../src/wire/negotiate.js'
import { wireErrorOf } from './hostile.js'

const NONE = new Map([['user', 'app']])
const negotiate = (minor: number, parameters = NONE) => negotiateVersion({ major: 3, minor }, parameters)

void t.test('speaks the versions that exist, and says nothing about it', async t => {
  t.strictSame(negotiate(0), { minor: 0, unsupported: [], mustNegotiate: false })
  t.strictSame(negotiate(2), { minor: 2, unsupported: [], mustNegotiate: false })
})

void t.test('takes 3.1, which never existed, for 3.0', async t => {
  t.strictSame(negotiate(1), { minor: 0, unsupported: [], mustNegotiate: false })
})

void t.test('answers anything newer with 3.2', async t => {
  for (const minor of [3, 9999, 65535]) {
    t.strictSame(negotiate(minor), { minor: 2, unsupported: [], mustNegotiate: true })
  }
})

void t.test('names the protocol options that it does not know, in their order', async t => {
  const parameters = new Map([
    ['_pq_.test_protocol_negotiation', ''],
    ['user', 'app'],
    ['_pq_x', 'a setting'],
    ['_pq_.', ''],
  ])
  const unsupported = ['_pq_.test_protocol_negotiation', '_pq_.']
  t.strictSame(negotiate(0, parameters), { minor: 0, unsupported, mustNegotiate: true })
  t.strictSame(negotiate(9999, parameters), { minor: 2, unsupported, mustNegotiate: true })
  t.strictSame([...parameters.keys()].filter(isProtocolOption), unsupported)
})

void t.test('refuses another major version', async t => {
  for (const major of [0, 2, 4, 1234]) {
    t.equal(
      wireErrorOf(() => negotiateVersion({ major, minor: 0 }, NONE)),
      'bad_version',
    )
  }
})
