// The audit log as observers read it: filtered, in pages, exported as lines, verified.

import pg from 'pg'
import t, { type Test } from 'tap'
import { appendAuditEvents } from '../../src/store/audit.js'
import { worlds, type World } from './fixture.js'

const makeWorld = await worlds(t)

interface Event {
  seq: number
  at: string
  actor: string
  action: string
  target: string
  outcome: string
  reference: string | null
}

async function history(t: Test) {
  const world = await makeWorld(t)
  const vera = await world.person('vera@example.com', 'viewer')
  const ada = await world.person('ada@example.com', 'member')
  const keys = '/v1/accounts/ada%40example.com/keys'
  await world.ask('POST', keys, ada.token, { name: 'ci' })
  await world.ask('POST', keys, vera.token, {})
  await world.ask('POST', `/v1/keys/${ada.keyId}/revoke`, ada.token)
  const list = async (query: string) =>
    (await world.ask('GET', `/v1/audit-events?${query}`, vera.token)).json<{ items: Event[]; next_cursor: string }>()
  return { world, vera, ada, list }
}

void t.test('events are listed in pages, the newest first, and by whom, what, which and when', async t => {
  const { ada, list } = await history(t)
  const all = await list('')
  t.match(all.items, [
    { seq: 3, action: 'key.revoke', actor_key: ada.keyId, before: { state: 'active' }, after: { state: 'revoked' } },
    { seq: 2, action: 'key.create', actor: 'vera@example.com', outcome: 'refused', reason: 'permission_denied' },
    { seq: 1, action: 'key.create', actor: 'ada@example.com', outcome: 'done', via: 'key', before: null },
  ])
  const first = await list('limit=2')
  const second = await list(`limit=2&cursor=${first.next_cursor}`)
  t.strictSame([...first.items, ...second.items], all.items)

  const found = async (query: string) => (await list(query)).items.map(({ seq }) => seq)
  const [revoked, refused] = all.items
  t.strictSame(await found('action=key'), [3, 2, 1])
  t.strictSame(await found('action=key.create'), [2, 1])
  t.strictSame(await found('action=ke'), [])
  t.strictSame(await found('actor=vera%40example.com'), [2])
  t.strictSame(await found('outcome=done'), [3, 1])
  t.strictSame(await found(`target=${encodeURIComponent(revoked?.target ?? '')}`), [3])
  t.strictSame(await found(`reference=${refused?.reference}`), [2])
  t.strictSame(await found(`until=${all.items[2]?.at}`), [])
  t.strictSame(await found(`from=${all.items[2]?.at}&outcome=done`), [3, 1])
  t.strictSame(await found('from=2999-01-01'), [])
})

void t.test('a time that is none, and a cursor that is none, are mistakes', async t => {
  const { world, vera } = await history(t)
  const ask = async (query: string) => (await world.ask('GET', `/v1/audit-events?${query}`, vera.token)).json<object>()
  t.match(await ask('from=soon'), { code: 'invalid_request', errors: [{ field: 'from', hint: /ISO 8601/ }] })
  t.match(await ask('cursor=x'), { code: 'bad_cursor' })
  t.match(await ask('outcome=maybe'), { errors: [{ field: 'outcome' }] })
  t.match((await world.ask('GET', '/v1/audit-events/export?until=x', vera.token)).json(), { code: 'invalid_request' })
})

void t.test('a reference is found in any form, alone and within the problem that it came with', async t => {
  const { world, vera, list } = await history(t)
  const problem = await world.ask('POST', '/v1/accounts/ada%40example.com/keys', vera.token, {})
  const { instance } = problem.json<{ instance: string }>()
  const seq = (await list(`reference=${instance}`)).items[0]?.seq
  t.type(seq, 'number')
  const bare = instance.replace('urn:uuid:', '')
  const forms = [
    bare,
    bare.toUpperCase(),
    `"${instance}"`,
    `Reference ${bare}`,
    `Reference:${instance}`,
    problem.payload,
  ]
  for (const form of [...forms, JSON.stringify(problem.json(), null, 2)]) {
    const query = `reference=${encodeURIComponent(form)}`
    t.strictSame((await list(query)).items.map(event => event.seq), [seq], form) // prettier-ignore
    const exported = await world.ask('GET', `/v1/audit-events/export?${query}`, vera.token)
    t.strictSame(lines(exported.payload).map(event => event.seq), [seq], form) // prettier-ignore
  }
  t.strictSame((await list('reference=7ceph-ynpta')).items, [], 'one that nothing has')
})

void t.test('a text without a reference is a mistake, whose hint shows both forms', async t => {
  const { world, vera } = await history(t)
  for (const text of ['NOBODY-KNOWS', '9YSX2', ' ', 'FATAL: password authentication failed', 'x'.repeat(7_000)]) {
    for (const path of ['/v1/audit-events', '/v1/audit-events/export']) {
      const answer = await world.ask('GET', `${path}?reference=${encodeURIComponent(text)}`, vera.token)
      t.equal(answer.statusCode, 400)
      t.match(answer.json(), {
        code: 'invalid_request',
        errors: [{ field: 'reference', problem: 'contains no reference', hint: /7CEPH-YNPTA or urn:uuid:3f2b8c1e-/ }],
      })
    }
  }
})

const lines = (payload: string) =>
  payload
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Event)

void t.test('the export has one event a line, the oldest first, of all pages', async t => {
  const { world, vera, list } = await history(t)
  await fill(world, 450)
  const response = await world.ask('GET', '/v1/audit-events/export', vera.token)
  t.equal(response.headers['content-type'], 'application/x-ndjson')
  const events = lines(response.payload)
  t.strictSame(
    events.map(({ seq }) => seq),
    Array.from({ length: 453 }, (_, n) => n + 1),
  )
  t.strictSame(events.slice(-200).reverse(), (await list('limit=200')).items)
  const some = await world.ask('GET', '/v1/audit-events/export?action=key&outcome=done', vera.token)
  t.strictSame(
    lines(some.payload).map(({ seq }) => seq),
    [1, 3],
  )
  t.equal((await world.ask('GET', '/v1/audit-events/export?actor=nobody', vera.token)).payload, '')
})

void t.test('the log is verified, with a head noted before too', async t => {
  const { world, vera } = await history(t)
  const verify = async (query = '') =>
    (await world.ask('GET', `/v1/audit-events/verify${query}`, vera.token)).json<{
      head: { seq: number; hash: string }
    }>()
  const first = await verify()
  t.match(first, { ok: true, checked: 3, head: { seq: 3, hash: /^[0-9a-f]{64}$/ }, first_problem: null })
  t.match(await verify(`?anchor=3:${first.head.hash}`), { ok: true })
  t.match(await verify(`?anchor=3:${'0'.repeat(64)}`), { ok: false, first_problem: { seq: 3, kind: 'altered' } })
  t.match(await verify(`?anchor=9:${'0'.repeat(64)}`), { ok: false, first_problem: { seq: 4, kind: 'cut_off' } })
  t.match(await verify('?anchor=3'), { code: 'invalid_request', errors: [{ field: 'anchor', hint: /SEQ:HASH/ }] })

  const client = new pg.Client(world.url)
  await client.connect()
  await client.query('grant all on postern.audit_events to current_user')
  await client.query('alter table postern.audit_events disable trigger append_only')
  await client.query("update postern.audit_events set actor = 'nobody' where seq = 2")
  await client.end()
  t.match(await verify(), { ok: false, checked: 1, head: { seq: 3 }, first_problem: { seq: 2, kind: 'altered' } })
})

/** Appends events of some hundred bytes each. */
async function fill(world: World, count: number): Promise<void> {
  const event = {
    actor: null,
    actorKey: null,
    via: 'system',
    action: 'test.fill',
    outcome: 'done',
    address: null,
  } as const
  for (let left = count; left > 0; left -= 2000) {
    const events = Array.from({ length: Math.min(left, 2000) }, () => ({ ...event, target: 'x'.repeat(100) }))
    await appendAuditEvents(world.store, events)
  }
}
