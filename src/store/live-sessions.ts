// The live sessions of all instances: each reports its own, so that they can be listed in one place; and any instance can
// ask for the end of one.

import type { EpochMs, Role, Seq } from '../auth/account.js'
import { redactOrNull } from '../model/redact.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import type { Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

/** A session as its instance reports it. */
export interface ReportedSession {
  /** The reference that the log has too. */
  readonly id: string
  readonly accountId: string
  readonly account: string
  readonly keyId: string
  readonly databaseId: string
  readonly database: string
  readonly role: Role
  /** The LOGIN role in the database. */
  readonly login: string
  readonly address: string
  readonly application: string | null
  readonly ageMs: number
  /** idle: it waits for a query, outside any transaction. */
  readonly state: 'idle' | 'busy'
  readonly bytesFromClient: number
  readonly bytesFromUpstream: number
}

/** A session as others see it. */
export interface LiveSession extends Omit<ReportedSession, 'ageMs'> {
  readonly openedAt: EpochMs
  /** By the store's clock. */
  readonly ageMs: number
  readonly instanceId: string
  readonly host: string
  /** When its instance last reported. */
  readonly seenAt: EpochMs
}

/** Takes in what changed of an instance's sessions since its last report, and returns how many of its sessions were
 * stored before: when that is not what the instance reported so far, forget them and report all. */
export async function reportSessions(
  db: Executor,
  instanceId: string,
  { changed, gone }: { readonly changed: readonly ReportedSession[]; readonly gone: readonly string[] },
): Promise<number> {
  const [row] = await db.run<{ stored: number }>('report sessions', REPORT_SQL, [
    instanceId,
    JSON.stringify(changed.map(session => ({ ...session, application: redactOrNull(session.application) }))),
    gone,
  ])
  return row?.stored ?? 0
}

/** Takes all sessions of an instance off the list. */
export async function forgetSessions(db: Executor, instanceId: string): Promise<void> {
  await db.run('forget sessions', 'delete from postern.live_sessions where instance_id = $1', [instanceId])
}

// When it was opened is decided once, by the first report.
const REPORT_SQL = `
  with gone as (
    delete from postern.live_sessions where instance_id = $1::uuid and id = any($3::text[])
  ), changed as (
    insert into postern.live_sessions
      (instance_id, id, account_id, account, key_id, database_id, database, role, login, address, application, opened_at,
       state, bytes_from_client, bytes_from_upstream)
    select $1::uuid, id, "accountId", account, "keyId", "databaseId", database, role, login, address, application,
      now() - "ageMs" * interval '1 millisecond', state, "bytesFromClient", "bytesFromUpstream"
    from json_to_recordset($2::json) as (
      id text, "accountId" uuid, account text, "keyId" text, "databaseId" uuid, database text, role text, login text,
      address text, application text, "ageMs" double precision, state text, "bytesFromClient" bigint,
      "bytesFromUpstream" bigint)
    on conflict (instance_id, id) do update set state = excluded.state,
      bytes_from_client = excluded.bytes_from_client, bytes_from_upstream = excluded.bytes_from_upstream
  )
  select count(*)::integer as stored from postern.live_sessions where instance_id = $1::uuid`

export interface SessionFilter {
  /** Only those of this account and of the machines that it made. */
  readonly managedBy?: string | undefined
  /** Names. */
  readonly account?: string | undefined
  readonly database?: string | undefined
  /** An id. */
  readonly instance?: string | undefined
  /** Sessions of instances that have been silent for longer are left out. */
  readonly seenWithinMs: number
}

/** Lists live sessions, the oldest first. */
export async function listSessions(
  db: Executor,
  filter: SessionFilter,
  request: PageRequest,
): Promise<Page<LiveSession>> {
  const { managedBy, account, database, instance, seenWithinMs } = filter
  if (instance !== undefined && !isUuid(instance)) return { items: [], next: null }
  const [openedAt, id] = decodeCursor(request.cursor, 2)
  const rows = await db.run<PlacedSession>('list sessions', LIST_SQL, [
    seenWithinMs,
    managedBy,
    account,
    database,
    instance,
    openedAt,
    id,
    request.limit + 1,
  ])
  const page = toPage(rows, request.limit, row => [row.place, row.id])
  return { items: page.items.map(toSession), next: page.next }
}

/** @throws StoreError `not_found` */
export async function getSession(db: Executor, id: string, seenWithinMs: number): Promise<LiveSession> {
  const [row] = await db.run<PlacedSession>('get a session', `${SESSIONS_SQL} and s.id = $2`, [seenWithinMs, id])
  if (!row) throw new StoreError('not_found', 'get a session')
  return toSession(row)
}

/** Tells all instances to end a session, and returns the number of that change. It is pushed, polled and never missed; an
 * id that no session has is nobody's. */
export async function endSession(tx: Transaction, id: string): Promise<Seq> {
  const [row] = await tx.run<{ seq: string }>(
    'end a session',
    "insert into postern.changes (kind, session_id) values ('session-ended', $1) returning seq",
    [id],
  )
  return Number(row?.seq)
}

// The time to the microsecond, which milliseconds would round; the driver gives bigint as text.
type PlacedSession = Omit<LiveSession, 'bytesFromClient' | 'bytesFromUpstream'> & {
  readonly place: string
  readonly bytesFromClient: string
  readonly bytesFromUpstream: string
}

function toSession({ place: _place, ...row }: PlacedSession): LiveSession {
  return {
    ...row,
    bytesFromClient: Number(row.bytesFromClient),
    bytesFromUpstream: Number(row.bytesFromUpstream),
  }
}

const SESSIONS_SQL = `
  select s.id, s.account_id as "accountId", s.account, s.key_id as "keyId", s.database_id as "databaseId", s.database,
    s.role, s.login, s.address, s.application, postern.epoch_ms(s.opened_at) as "openedAt",
    postern.epoch_ms(now()) - postern.epoch_ms(s.opened_at) as "ageMs", s.state,
    s.bytes_from_client as "bytesFromClient", s.bytes_from_upstream as "bytesFromUpstream",
    s.instance_id as "instanceId", i.host, postern.epoch_ms(i.seen_at) as "seenAt", s.opened_at::text as place
  from postern.live_sessions s join postern.instances i on i.id = s.instance_id
  where i.seen_at >= now() - $1::double precision * interval '1 millisecond'`

const LIST_SQL = `${SESSIONS_SQL}
    and ($2::uuid is null or s.account_id = $2
      or s.account_id in (select a.id from postern.accounts a where a.maker_id = $2))
    and ($3::text is null or s.account = $3) and ($4::text is null or s.database = $4)
    and ($5::uuid is null or s.instance_id = $5)
    and ($6::timestamptz is null or (s.opened_at, s.id) > ($6, $7))
  order by s.opened_at, s.id limit $8`
