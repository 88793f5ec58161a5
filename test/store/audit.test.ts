import t from 'tap'
import { appendAuditEvents, listAuditEvents, type NewAuditEvent } from '../../src/store/audit.js'
import { testServer } from '../support/postgres.js'
import { sampleStore } from './sample.js'

const server = await testServer(t)

const EVENT: NewAuditEvent = {
  actor: { id: '6b1d8a54-6e8c-4c53-9a54-0f5f2f5a3c11', name: 'ada@example.com' },
  actorKey: 'AAAAAAAAAAAA',
  via: 'key',
  action: 'key.revoke',
  target: 'robot BBBBBBBBBBBB',
  outcome: 'done',
  address: '192.0.2.1',
  before: { state: 'active' },
  after: { state: 'revoked' },
}

void t.test('keeps events in their order and lists the newest first, page by page', async t => {
  const store = await sampleStore(t, server)
  await appendAuditEvents(store, [EVENT, { ...EVENT, action: 'key.create', before: null }])
  await appendAuditEvents(store, [{ ...EVENT, outcome: 'refused', reason: 'permission_denied', reference: 'R-1' }])
  const first = await listAuditEvents(store, {}, { limit: 2 })
  const second = await listAuditEvents(store, {}, { limit: 2, cursor: first.next })
  t.match(
    [...first.items, ...second.items],
    [
      { seq: 3, outcome: 'refused', reason: 'permission_denied', reference: 'R-1' },
      { seq: 2, action: 'key.create', before: null, after: { state: 'revoked' } },
      { seq: 1, actor: 'ada@example.com', actorKey: 'AAAAAAAAAAAA', action: 'key.revoke', before: { state: 'active' } },
    ],
  )
  t.equal(second.next, null)
})

void t.test('no row can be changed or taken away, by the store of Postern itself', async t => {
  const store = await sampleStore(t, server)
  await appendAuditEvents(store, [EVENT])
  for (const attempt of [
    "update postern.audit_events set actor = 'nobody'",
    'delete from postern.audit_events',
    'truncate postern.audit_events',
    'delete from postern.audit_head',
  ]) {
    const error: unknown = await store.run('tamper', attempt).catch((failure: unknown) => failure)
    t.match(error, { sqlstate: '42501' }, attempt)
  }
})

void t.test('takes what a client named, whatever is in it', async t => {
  const store = await sampleStore(t, server)
  await appendAuditEvents(store, [{ ...EVENT, target: `a\0b\ud800${'x'.repeat(1000)}` }])
  const { items } = await listAuditEvents(store, {}, { limit: 1 })
  t.match(items[0]?.target, /^a\ufffdb\ufffdx+$/)
  t.equal(items[0]?.target?.length, 300)
})

void t.test('no text of a row keeps a token, whoever writes it, and none is left by the cut', async t => {
  const store = await sampleStore(t, server)
  const token = `pstn_bF22HzQKxZVD_${'s'.repeat(49)}`
  const rows = [0, 200, 270, 290, 299].map(length => ({ ...EVENT, target: 'x'.repeat(length) + token }))
  const everywhere = {
    ...EVENT,
    actor: { id: '6b1d8a54-6e8c-4c53-9a54-0f5f2f5a3c11', name: token },
    actorKey: token,
    reason: token,
    reference: token,
    address: token,
    before: { [token]: [{ deep: token }] },
    after: { url: 'postgres://me:hunter2@db/shop' },
  }
  await appendAuditEvents(store, [...rows, everywhere])
  const kept = await store.run<{ text: string }>('look', 'select e::text as text from postern.audit_events e')
  t.notMatch(JSON.stringify(kept), /sss|hunter2/)
  const { items } = await listAuditEvents(store, {}, { limit: 10 })
  const redacted = 'pstn_bF22HzQKxZVD_[redacted]'
  t.match(items[0], { actor: redacted, reason: redacted, before: { [redacted]: [{ deep: redacted }] } })
  t.match(items[5], { target: redacted })
})
