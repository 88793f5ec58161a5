import t from 'tap'
import { channelBindingInput, gs2Header, splitGs2Header } from '../../src/scram/gs2-header.js'
import { CHANNEL, codeOf } from './fixture.js'

void t.test('splits off what it wrote, for every flag', async t => {
  for (const flag of ['n', 'y', 'p'] as const) {
    t.same(splitGs2Header(`${gs2Header(flag)}n=,r=x`), { flag, bare: 'n=,r=x' })
  }
})

void t.test('repeats the header in base64, and the channel only when it binds', async t => {
  // The values that drivers send: pgdog#48 and odyssey#307 mixed them up.
  t.equal(channelBindingInput('n', null), 'biws')
  t.equal(channelBindingInput('y', null), 'eSws')
  t.equal(channelBindingInput('n', CHANNEL), 'biws')
  t.equal(channelBindingInput('y', CHANNEL), 'eSws')
  const bound = Buffer.from(channelBindingInput('p', CHANNEL), 'base64')
  t.same(bound, Buffer.concat([Buffer.from('p=tls-server-end-point,,'), CHANNEL]))
})

void t.test('refuses each header that Postgres refuses, by its own code', async t => {
  const cases = [
    ['p=tls-unique,,n=,r=x', 'binding_type'],
    ['p=tls-exporter,,n=,r=x', 'binding_type'],
    ['p=tls-server-end-pointy,,n=,r=x', 'binding_type'],
    ['p=,,n=,r=x', 'malformed_message'],
    ['p,,n=,r=x', 'malformed_message'],
    ['n,a=admin,n=,r=x', 'authorization_identity'],
    ['y,a=admin,n=,r=x', 'authorization_identity'],
    ['n,b=,n=,r=x', 'malformed_message'],
    ['n,', 'malformed_message'],
    ['n', 'malformed_message'],
    ['N,,n=,r=x', 'malformed_message'],
    ['x,,n=,r=x', 'malformed_message'],
    ['nn,,n=,r=x', 'malformed_message'],
    [',,n=,r=x', 'malformed_message'],
    ['', 'malformed_message'],
  ] as const
  for (const [text, code] of cases) {
    t.equal(
      codeOf(() => splitGs2Header(text)),
      code,
      JSON.stringify(text),
    )
  }
})
