import t from 'tap'
import { Session, Sessions } from '../../src/proxy/sessions.js'
import { Visit } from '../../src/proxy/visit.js'
import type { SessionEndCode } from '../../src/errors.js'

type Made = ConstructorParameters<typeof Session>

function makeSession({ account = 'a', database = 'd', end = (_: SessionEndCode) => {} } = {}): Session {
  const principal = { account: { id: account, name: account }, key: { id: 'k', expiresAt: null }, asOf: 7 }
  const grant = { role: 'reader', database: { id: database, name: database }, login: { user: 'u' }, asOf: 5 }
  const visit = new Visit({ address: '127.0.0.1', port: 1 }, () => 0)
  return new Session(principal as Made[0], grant as Made[1], visit, end)
}

void t.test('finds sessions by account and by database, until they are taken out', async t => {
  const sessions = new Sessions()
  const [one, two, three] = [makeSession(), makeSession({ database: 'e' }), makeSession({ account: 'b' })]
  for (const session of [one, two, three]) sessions.add(session)
  t.same(sessions.ofAccount('a'), [one, two])
  t.same(sessions.onDatabase('d'), [one, three])
  t.same(sessions.withId(two.id), [two])
  t.same([...sessions], [one, two, three])
  sessions.remove(one)
  t.same(sessions.ofAccount('a'), [two])
  t.same(sessions.onDatabase('d'), [three])
  t.same(sessions.ofAccount('nobody'), [])
  sessions.remove(two)
  sessions.remove(three)
  sessions.remove(three)
  t.equal(sessions.size, 0)
  t.same(sessions.ofAccount('a'), [])
})

void t.test('a list of sessions stays what it was while sessions leave', async t => {
  const sessions = new Sessions()
  for (let n = 0; n < 3; n++) sessions.add(makeSession())
  let seen = 0
  for (const session of sessions.ofAccount('a')) {
    sessions.remove(session)
    seen++
  }
  t.equal(seen, 3)
})

void t.test('a session is ended once, with the first code', async t => {
  const codes: SessionEndCode[] = []
  const session = makeSession({ end: code => codes.push(code) })
  t.equal(session.endCode, null)
  session.end('session_revoked')
  session.end('session_drained')
  t.same(codes, ['session_revoked'])
  t.equal(session.endCode, 'session_revoked')
})

void t.test('a session is ended by whoever it was handed to last, and by nobody when it is over', async t => {
  const codes: string[] = []
  const session = makeSession({ end: code => codes.push(`login: ${code}`) })
  t.equal(session.isIdle, false, 'a login is not idle')
  session.handTo(code => codes.push(`relay: ${code}`), { isIdle: true, bytesFromClient: 0, bytesFromUpstream: 0 })
  t.equal(session.isIdle, true)
  session.end('session_expired')
  t.same(codes, ['relay: session_expired'])

  const over = makeSession({ end: code => codes.push(code) })
  over.settle()
  over.end('session_revoked')
  await over.closed
  t.same(codes, ['relay: session_expired'])
})

void t.test('a session remembers what its account, and what all of it, was decided on', async t => {
  const { accountAsOf, asOf } = makeSession()
  t.same({ accountAsOf, asOf }, { accountAsOf: 7, asOf: 5 })
})
