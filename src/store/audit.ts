// The audit log: events are appended and listed, never changed. How the chain is made: migrations/0005_audit.sql.

import type { EpochMs } from '../auth/account.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'

export type AuditVia =
  /** The API, with a token. */
  | 'key'
  /** The API, with the console's cookie. */
  | 'console'
  /** A login at the proxy. */
  | 'proxy'
  /** Postern itself, or the command line on the store. */
  | 'system'

export interface NewAuditEvent {
  /** null: nobody who is known. */
  readonly actor: { readonly id: string; readonly name: string } | null
  /** The key that the actor used, or null. */
  readonly actorKey: string | null
  readonly via: AuditVia
  /** `noun.verb`, as in `key.revoke`. */
  readonly action: string
  /** What was changed, or would have been, by the name that people know it by. */
  readonly target: string | null
  readonly outcome: 'done' | 'refused'
  /** Of refusals: the problem's code, or the true reason of a refused login. */
  readonly reason?: string | null
  /** What the client was told to quote. */
  readonly reference?: string | null
  /** Address of the client. */
  readonly address: string | null
  /** What it was, without secrets; null for what is new. */
  readonly before?: object | null
  /** What it is now, without secrets; null for what is gone. */
  readonly after?: object | null
}

export interface AuditEvent extends Required<Omit<NewAuditEvent, 'actor'>> {
  readonly seq: number
  readonly at: EpochMs
  readonly actor: string | null
}

/** Texts of a row at most, in characters: clients choose some of them. */
const MAX_TEXT = 300

/** Appends events, in their order. In the transaction of the change they tell of, so that neither is there alone. */
export async function appendAuditEvents(db: Executor, events: readonly NewAuditEvent[]): Promise<void> {
  if (events.length === 0) return
  await db.run('append to the audit log', APPEND_SQL, [JSON.stringify(events.map(toRow))])
}

function toRow({ actor, actorKey, via, action, target, outcome, ...rest }: NewAuditEvent) {
  const { reason = null, reference = null, address, before = null, after = null } = rest
  return {
    actor_id: actor?.id ?? null,
    actor: actor?.name ?? null,
    actor_key: actorKey,
    via,
    action,
    target: target === null ? null : storable(target),
    outcome,
    reason,
    reference,
    address,
    before,
    after,
  }
}

// A refused request may name anything: PostgreSQL's text holds neither a zero byte nor half of a surrogate pair.
function storable(text: string): string {
  return text.slice(0, MAX_TEXT).replace(/\0|\p{Surrogate}/gu, '\ufffd')
}

// Rows are inserted in the array's order: the trigger numbers them one by one.
const APPEND_SQL = `
  insert into postern.audit_events
    (actor_id, actor, actor_key, via, action, target, outcome, reason, reference, address, before, after)
  select actor_id, actor, actor_key, via, action, target, outcome, reason, reference, address,
    nullif(before, 'null'), nullif(after, 'null')
  from rows from (json_to_recordset($1::json) as (
    actor_id uuid, actor text, actor_key text, via text, action text, target text, outcome text, reason text,
    reference text, address text, before jsonb, after jsonb)) with ordinality
  order by ordinality`

export interface AuditFilter {
  readonly actor?: string | undefined
  /** An action, or what it begins with: `key` finds `key.revoke`. */
  readonly action?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: 'done' | 'refused' | undefined
  readonly reference?: string | undefined
  readonly from?: EpochMs | undefined
  readonly until?: EpochMs | undefined
}

/** Lists events, the newest first. */
export async function listAuditEvents(
  db: Executor,
  filter: AuditFilter,
  request: PageRequest,
): Promise<Page<AuditEvent>> {
  const [before] = decodeCursor(request.cursor, 1)
  const values = [...filterValues(filter), before, request.limit + 1]
  const page = toPage(await db.run<EventRow>('list audit events', LIST_SQL, values), request.limit, row => [row.seq])
  return { items: page.items.map(toEvent), next: page.next }
}

/** A row as EVENT_SQL reads it: the driver gives bigint as text. */
export type EventRow = Omit<AuditEvent, 'seq'> & { readonly seq: string }

export function toEvent(row: EventRow): AuditEvent {
  return { ...row, seq: Number(row.seq) }
}

export const EVENT_SQL = `
  seq, postern.epoch_ms(at) as at, actor, actor_key as "actorKey", via, action, target, outcome, reason, reference,
  address, before, after`

/** The values of FILTER_SQL, $1 to $7. */
export function filterValues(filter: AuditFilter): unknown[] {
  const { actor, action, target, outcome, reference, from, until } = filter
  return [actor, action, target, outcome, reference, from, until]
}

export const FILTER_SQL = `
  ($1::text is null or actor = $1) and ($2::text is null or action = $2 or starts_with(action, $2 || '.'))
  and ($3::text is null or target = $3) and ($4::text is null or outcome = $4)
  and ($5::text is null or reference = $5)
  and ($6::double precision is null or at >= to_timestamp($6::double precision / 1000))
  and ($7::double precision is null or at < to_timestamp($7::double precision / 1000))`

const LIST_SQL = `
  select ${EVENT_SQL} from postern.audit_events
  where ${FILTER_SQL} and ($8::bigint is null or seq < $8::bigint) order by seq desc limit $9`
