import { inspect } from 'node:util'
import t from 'tap'
import { ScramError } from '../../src/scram/scram-error.js'
import { bytes, client, serverOn } from './fixture.js'

void t.test('names the rule, and what RFC 5802 would have the server say', async t => {
  const error = new ScramError('binding_downgrade')
  t.equal(error.name, 'ScramError')
  t.equal(error.code, 'binding_downgrade')
  t.equal(error.serverError, 'server-does-support-channel-binding')
})

void t.test('never repeats what came over the wire', async t => {
  const marked = [
    () => serverOn(null).clientFirst('SCRAM-SHA-256', bytes('n,a=MARK,n=,r=x')),
    () => serverOn(null).clientFirst('SCRAM-SHA-256', bytes('n,,n=MARK')),
    () => serverOn(null).clientFirst('MARK', bytes('n,,n=,r=x')),
    () => serverOn(null).clientFirst('SCRAM-SHA-256', bytes('p=MARK,,n=,r=x')),
    () => serverOn(null).clientFirst('SCRAM-SHA-256', bytes('n,,n=,r=MARK\x01')),
    () => client().first(['MARK']),
  ]
  for (const act of marked) {
    t.throws(act, ScramError)
    try {
      act()
    } catch (error) {
      t.notMatch((error as Error).message, 'MARK')
    }
  }
})

void t.test('keeps the password out of what inspection shows of an exchange', async t => {
  const guest = client({ password: 'MARK' })
  t.notMatch(inspect(guest, { depth: 9, showHidden: true }), 'MARK')
  t.notMatch(JSON.stringify(guest), 'MARK')
})
