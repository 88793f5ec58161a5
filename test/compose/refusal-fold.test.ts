import t from 'tap'
import { RefusalFold } from '../../src/compose/refusal-fold.js'
import type { NewAuditEvent } from '../../src/store/audit.js'
import { TestClock } from '../auth/sample.js'

function refusal(reference: string, extra: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    actor: null,
    actorKey: null,
    via: 'proxy',
    action: 'session.open',
    target: 'robot',
    outcome: 'refused',
    reason: 'wrong_token',
    reference,
    address: '192.0.2.1',
    ...extra,
  }
}

void t.test('of refusals that are alike the first have rows of their own, and the rest a count', async t => {
  const clock = new TestClock()
  const fold = new RefusalFold(clock.now)
  const rows = Array.from({ length: 100 }, (_, n) => fold.add(refusal(`R-${n}`)))
  t.same(
    rows.flatMap(row => row?.reference ?? []),
    ['R-0', 'R-1', 'R-2', 'R-3', 'R-4'],
  )
  t.ok(fold.add(refusal('of another', { target: 'other' })), 'another account is another thing')
  clock.advance(59_999)
  t.same(fold.settle(), [])
  clock.advance(1)
  t.same(fold.settle(), [{ ...refusal('R-99'), after: { count: 95, seconds: 60 } }])
  t.ok(fold.add(refusal('R-100')), 'the next minute begins anew')
})

void t.test('a flood from many addresses makes a bounded number of rows, and one more for each reason', async t => {
  const clock = new TestClock()
  const fold = new RefusalFold(clock.now)
  const flood = Array.from({ length: 10_000 }, (_, n) =>
    fold.add(refusal(`R-${n}`, { address: `192.0.2.${n}`, reason: n % 2 ? 'wrong_token' : 'unknown_account' })),
  )
  t.equal(flood.filter(row => row !== null).length, 60)
  clock.advance(60_000)
  const counted = fold.settle()
  t.match(counted, [
    { address: null, target: null, after: { count: 4970 } },
    { address: null, target: null, after: { count: 4970 } },
  ])
  t.equal(counted.length, 2)
})

void t.test('at the end it is not waited for the minute', async t => {
  const fold = new RefusalFold(new TestClock().now)
  for (let n = 0; n < 7; n++) fold.add(refusal(`R-${n}`))
  t.match(fold.settle({ atOnce: true }), [{ reference: 'R-6', after: { count: 2 } }])
})
