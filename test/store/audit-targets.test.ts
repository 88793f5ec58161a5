// What was done to an account, a group or a key is found by its name or id, on logs of any size and on those of older versions.

import pg from 'pg'
import { runner } from 'node-pg-migrate'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import {
  appendAuditEvents,
  filterValues,
  listAuditEvents,
  pageSql,
  type AuditFilter,
  type NewAuditEvent,
} from '../../src/store/audit.js'
import { exportAuditEvents } from '../../src/store/audit-export.js'
import { verifyAudit } from '../../src/store/audit-verify.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore, type Store } from '../../src/store/pool.js'
import { testServer } from '../support/postgres.js'
import { sampleStore, sampleStoreWithUrl } from './sample.js'

const server = await testServer(t)
const MIGRATIONS = fileURLToPath(new URL('../../src/store/migrations', import.meta.url))
const KEY = 'bF22HzQKxZVD'
const TOKEN = `pstn_${KEY}_u08aps8MuRZQcnTo5gy7ANCKgXP5BezCHzhlbNE2Nth2yoTBl`

const event = (action: string, target: string | null, actorKey: string | null = null): NewAuditEvent => ({
  actor: null,
  actorKey,
  via: 'system',
  action,
  target,
  outcome: 'done',
  address: null,
})

const LOG = [
  event('service-account.create', 'nightly'),
  event('group-member.add', 'analysts nightly'),
  event('key.create', `nightly ${KEY}`),
  event('key.create', 'other AAAAAAAAAAAA'),
  event('group.create', 'nightly-staff'),
  event('group.create', 'staff', KEY),
  event('grant.set', 'owner/shop ada@example.com'),
  event('group.delete', null),
]

async function found(store: Store, target: string): Promise<string[]> {
  const { items } = await listAuditEvents(store, { target }, { limit: 100 })
  return items.map(({ action, target }) => `${action} ${target}`)
}

void t.test('a target is found by its words, and a key by what was done with it too', async t => {
  const store = await sampleStore(t, server)
  await appendAuditEvents(store, LOG)
  const ofNightly = [`key.create nightly ${KEY}`, 'group-member.add analysts nightly', 'service-account.create nightly']
  t.same(await found(store, 'nightly'), ofNightly)
  t.same(await found(store, 'analysts'), ['group-member.add analysts nightly'])
  t.same(await found(store, KEY), ['group.create staff', `key.create nightly ${KEY}`])
  t.same(await found(store, 'owner/shop'), ['grant.set owner/shop ada@example.com'])
  t.same(await found(store, 'ada@example.com'), ['grant.set owner/shop ada@example.com'])
  t.same(await found(store, `nightly ${KEY}`), [`key.create nightly ${KEY}`], 'as a whole, as before')
  for (const nothing of ['night', 'analysts other', 'nightly ', ' nightly', 'shop', '%']) {
    t.same(await found(store, nothing), [], `"${nothing}"`)
  }
  const exported = []
  for await (const page of exportAuditEvents(store, { target: 'nightly' })) exported.push(...page)
  t.same(
    exported.map(({ action, target }) => `${action} ${target}`),
    ofNightly.toReversed(),
  )
})

void t.test('pages of a target come without loss and without repetition, together with other filters', async t => {
  const store = await sampleStore(t, server)
  const many = Array.from({ length: 25 }, (_, n) => [
    event('key.create', `nightly K${n}`),
    event('group-member.add', `analysts ${n % 2 ? 'nightly' : 'other'}`),
    event('service-account.edit', 'nightly', 'nightly'),
  ]).flat()
  await appendAuditEvents(store, many)
  const cases = [
    { filter: { target: 'nightly' }, rows: 62 },
    { filter: { target: 'nightly', action: 'key' }, rows: 25 },
    { filter: { target: 'analysts' }, rows: 25 },
  ]
  for (const { filter, rows } of cases) {
    const paged: number[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof listAuditEvents>> = await listAuditEvents(store, filter, {
        limit: 7,
        cursor,
      })
      paged.push(...page.items.map(({ seq }) => seq))
      cursor = page.next
    } while (cursor !== null)
    t.equal(paged.length, rows)
    t.same(
      paged,
      [...new Set(paged)].sort((a, b) => b - a),
    )
  }
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

/** Rows of tables and indexes that a plan has touched. */
function touched(plan: Plan): number {
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
  const below = (plan.Plans ?? []).reduce((sum, child) => sum + touched(child), 0)
  return below + (plan['Node Type'].includes('Scan') && !plan['Node Type'].includes('Subquery') ? rows : 0)
}

void t.test('a page costs as much as it is long, for a rare target and for one that nearly all rows have', async t => {
  const { store, url } = await sampleStoreWithUrl(t, server)
  const rows = Number(process.env['AUDIT_ROWS'] ?? 30_000)
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  // Past the chain, which takes its time for each row.
  await client.query("set session_replication_role = 'replica'")
  await client.query(
    `insert into postern.audit_events (seq, at, actor_key, via, action, target, outcome, previous_hash, hash)
     select n, now(), case when n % 100 = 0 then 'busyKey00000' end, 'key', 'key.create',
       case when n = 7 then 'rare lonelyKey000' when n % 10 = 0 then 'account' || n || ' key' || n else 'shop account' end,
       'done', '', '' from generate_series(1, $1::integer) n`,
    [rows],
  )
  await client.query('update postern.audit_head set seq = $1', [rows])
  const limit = 50
  const cost = async (filter: AuditFilter, before: number | null) => {
    const sql = pageSql(filter, { place: '($8::bigint is null or seq < $8::bigint)', order: 'seq desc', limit: '$9' })
    const explained = await store.run<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      'explain',
      `explain (analyze, format json) ${sql}`,
      [...filterValues(filter), before, limit],
    )
    const plan = explained[0]?.['QUERY PLAN'][0].Plan
    if (!plan) throw new Error('no plan')
    return touched(plan)
  }
  const rare = ['rare', 'lonelyKey000', 'rare lonelyKey000', 'account10', 'none']
  const check = async (targets: readonly string[], state: string) => {
    for (const target of targets) {
      for (const before of [null, rows / 2]) {
        const rowsTouched = await cost({ target }, before)
        t.ok(rowsTouched <= 5 * limit, `${target} before ${before}, ${state}: ${rowsTouched} rows`)
      }
    }
  }
  await check(rare, 'never analyzed')
  await client.query('analyze postern.audit_events')
  await check([...rare, 'shop', 'account', 'busyKey00000'], 'analyzed')
})

/** Brings a store to what the version before this migration had. */
async function storeBefore(t: Test, migration: string): Promise<string> {
  const url = await server.freshDatabase()
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const files = (await readdir(MIGRATIONS)).sort()
  const count = files.indexOf(`${migration}.sql`)
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  await runner({
    dbClient: client,
    dir: MIGRATIONS,
    direction: 'up',
    count,
    schema: 'postern',
    createSchema: true,
    migrationsTable: 'migrations',
    logger: silent,
  })
  return url
}

void t.test(
  'a log of an older version is searched the same way after the upgrade, and read without its tokens',
  async t => {
    const url = await storeBefore(t, '0014_audit_targets')
    const client = new pg.Client(url)
    await client.connect()
    t.teardown(() => client.end())
    // As that version wrote them.
    const insert = `insert into postern.audit_events (via, action, target, outcome, reason, after)
    values ('key', $1, $2, 'refused', 'invalid_request', $3)`
    await client.query(insert, ['key.create', 'nightly', null])
    await client.query(insert, ['key.create', `nightly ${KEY}`, { name: `x ${TOKEN}` }])
    await client.query(insert, ['key.revoke', TOKEN, null])
    await client.query(insert, ['group.create', null, null])
    const { rows } = await client.query<{ id: string }>(
      `insert into postern.accounts (name, kind, scope, org_role, scram_salt, scram_iterations)
     values ('ada@example.com', 'personal', 'personal', 'member', 'a salt of sixteen', 4096) returning id`,
    )
    await client.query(
      `insert into postern.api_keys (id, account_id, stored_key, server_key, argon2)
     values ($1, $2, sha256('x'), sha256('x'), '$argon2id$')`,
      [KEY, rows[0]?.id],
    )
    const claimed = TOKEN.slice(0, 63)
    await client.query('insert into postern.key_uses (key_id, used_at, application) values ($1, now(), $2)', [
      KEY,
      claimed,
    ])
    await client.query(
      `insert into postern.console_sessions (account_id, secret_hash, expires_at, user_agent)
     values ($1, sha256('x'), now() + interval '1 day', $2)`,
      [rows[0]?.id, `Browser ${TOKEN}`],
    )

    t.ok((await migrate(url)).includes('0014_audit_targets'))
    const store = openStore(url)
    t.teardown(() => store.close())
    t.same(await found(store, 'nightly'), [`key.create nightly ${KEY}`, 'key.create nightly'])
    t.same(await found(store, KEY), [`key.create nightly ${KEY}`])
    const { items } = await listAuditEvents(store, {}, { limit: 100 })
    t.match(items[1], { action: 'key.revoke', target: `pstn_${KEY}_[redacted]` })
    t.match(items[2], { after: { name: `x pstn_${KEY}_[redacted]` } })
    t.match(await verifyAudit(store), { checked: 4, problem: null }, 'the rows are as they were written')
    await appendAuditEvents(store, [event('key.revoke', `nightly ${KEY}`)])
    t.match(await verifyAudit(store), { checked: 5, problem: null })
    t.same((await client.query('select application from postern.key_uses')).rows, [{ application: null }])
    t.same((await client.query('select user_agent from postern.console_sessions')).rows, [{ user_agent: null }])
  },
)
