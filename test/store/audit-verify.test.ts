// Tampering, as a superuser could do it: what stops others is put aside first.

import pg from 'pg'
import t, { type Test } from 'tap'
import { appendAuditEvents, type NewAuditEvent } from '../../src/store/audit.js'
import { verifyAudit, type AuditHead } from '../../src/store/audit-verify.js'
import { testServer } from '../support/postgres.js'
import { sampleStoreWithUrl } from './sample.js'

const server = await testServer(t)

const EVENT: NewAuditEvent = {
  actor: null,
  actorKey: null,
  via: 'system',
  action: 'key.revoke',
  target: 'robot',
  outcome: 'done',
  address: null,
  before: { state: 'active' },
  after: { state: 'revoked', list: [1, { deep: 'ü' }] },
}

/** A log of ten events, and a superuser who may do anything to it. */
async function sample(t: Test) {
  const { store, url } = await sampleStoreWithUrl(t, server)
  await appendAuditEvents(
    store,
    Array.from({ length: 10 }, (_, n) => ({ ...EVENT, target: `robot-${n + 1}` })),
  )
  const tamper = async (...statements: string[]) => {
    const client = new pg.Client(url)
    await client.connect()
    await client.query("set session_replication_role = 'replica'")
    await client.query('grant all on postern.audit_events to current_user')
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  // Pages that are not a divisor of ten, so that every kind of border is crossed.
  const verify = (anchor?: AuditHead) => verifyAudit(store, { anchor, pageSize: 3 })
  return { store, tamper, verify, problem: async (anchor?: AuditHead) => (await verify(anchor)).problem }
}

void t.test('a log that nobody touched is as it was written, and so is an empty one', async t => {
  const { verify, store } = await sample(t)
  const { checked, head, problem } = await verify()
  t.strictSame({ checked, problem, seq: head.seq }, { checked: 10, problem: null, seq: 10 })
  t.match(head.hash, /^[0-9a-f]{64}$/)
  await appendAuditEvents(store, [EVENT])
  t.match(await verify(head), { checked: 11, problem: null }, 'with a head noted before too')
  const { store: empty } = await sampleStoreWithUrl(t, server)
  t.match(await verifyAudit(empty), { checked: 0, problem: null, head: { seq: 0 } })
})

void t.test('no setting of a session bends the hashes', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  await appendAuditEvents(store, [EVENT])
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  for (const setting of ["timezone to 'Asia/Tokyo'", "datestyle to 'German'", 'extra_float_digits to -3']) {
    await client.query(`set ${setting}`)
    const run = async <Row>(_doing: string, sql: string, values: readonly unknown[] = []) =>
      (await client.query(sql, [...values])).rows as Row[]
    t.match(await verifyAudit({ run }), { problem: null }, setting)
  }
})

const COLUMNS: readonly string[] = [
  "actor = 'eve'",
  "actor_id = '6b1d8a54-6e8c-4c53-9a54-0f5f2f5a3c11'",
  "actor_key = 'x'",
  "via = 'key'",
  "action = 'key.edit'",
  'target = null',
  "outcome = 'refused'",
  "reason = ''",
  "reference = 'R'",
  "address = '::1'",
  "before = 'null'",
  "after = '{}'",
  "at = at + interval '1 microsecond'",
  "hash = 'x'",
]

void t.test('any column that was altered is found', async t => {
  const { store, tamper, problem } = await sample(t)
  await tamper('create table public.copy as table postern.audit_events')
  for (const column of COLUMNS) {
    await tamper(`update postern.audit_events set ${column} where seq = 4`)
    t.strictSame(await problem(), { seq: 4, kind: 'altered' }, column)
    await tamper('delete from postern.audit_events where seq = 4')
    await tamper('insert into postern.audit_events select * from public.copy where seq = 4')
    t.equal(await problem(), null)
  }
  t.ok(store)
})

void t.test('a row whose hash was made anew is found by the row after it, the newest by the head', async t => {
  for (const seq of [1, 3, 4, 10]) {
    const { tamper, problem } = await sample(t)
    await tamper(
      `update postern.audit_events set actor = 'eve' where seq = ${seq}`,
      `update postern.audit_events e set hash = postern.audit_hash(e) where seq = ${seq}`,
    )
    t.strictSame(await problem(), { seq, kind: 'altered' })
  }
})

void t.test('a row that was cut out is missing', async t => {
  for (const seq of [1, 3, 4, 9]) {
    const { tamper, problem } = await sample(t)
    await tamper(`delete from postern.audit_events where seq = ${seq}`)
    t.strictSame(await problem(), { seq, kind: 'missing' })
  }
})

void t.test('rows that changed places are found', async t => {
  const { tamper, problem } = await sample(t)
  await tamper(
    'update postern.audit_events set seq = -1 where seq = 5',
    'update postern.audit_events set seq = 5 where seq = 8',
    'update postern.audit_events set seq = 8 where seq = -1',
  )
  t.strictSame(await problem(), { seq: 5, kind: 'reordered' })
})

void t.test('a log that was cut off at its end is found, and a head that was set back', async t => {
  const cut = await sample(t)
  await cut.tamper('delete from postern.audit_events where seq > 7')
  t.strictSame(await cut.problem(), { seq: 8, kind: 'cut_off' })
  const all = await sample(t)
  await all.tamper('delete from postern.audit_events')
  t.strictSame(await all.problem(), { seq: 1, kind: 'cut_off' })
  const head = await sample(t)
  await head.tamper(
    'update postern.audit_head h set seq = e.seq, hash = e.hash from postern.audit_events e where e.seq = 7',
  )
  t.strictSame(await head.problem(), { seq: 8, kind: 'altered' })
})

void t.test('a log that was rewritten as a whole is found by a head that was noted before', async t => {
  const { tamper, verify, problem } = await sample(t)
  const { head } = await verify()
  await tamper(
    "update postern.audit_events set actor = 'eve' where seq = 4",
    `do $$ declare n int; begin for n in 4..10 loop
      update postern.audit_events e set previous_hash = (select hash from postern.audit_events where seq = n - 1) where seq = n;
      update postern.audit_events e set hash = postern.audit_hash(e) where seq = n;
    end loop; end $$`,
    'update postern.audit_head set hash = (select hash from postern.audit_events where seq = 10)',
  )
  t.equal(await problem(), null, 'by itself it looks right')
  t.strictSame(await problem(head), { seq: 10, kind: 'altered' })
  await tamper(
    'delete from postern.audit_events where seq > 6',
    'update postern.audit_head h set seq = e.seq, hash = e.hash from postern.audit_events e where e.seq = 6',
  )
  t.equal(await problem(), null)
  t.strictSame(await problem(head), { seq: 7, kind: 'cut_off' })
})
