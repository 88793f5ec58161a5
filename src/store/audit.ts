// The audit log: events are appended and listed, never changed. How the chain is made: migrations/0005_audit.sql.

import type { EpochMs } from '../auth/account.js'
import { redactDeep, redactText } from '../model/redact.js'
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
  /** What was changed, or would have been, by the names that people know it by: `robot`, `robot` and the id of a key,
   * `analysts` and `robot`. It is found by each of the first two words. */
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

/** Appends events in their order, redacted: a client may have put a secret into any of their texts. Call it in the transaction
 * of the change, so that neither is stored without the other. */
export async function appendAuditEvents(db: Executor, events: readonly NewAuditEvent[]): Promise<void> {
  if (events.length === 0) return
  await db.run('append to the audit log', APPEND_SQL, [JSON.stringify(events.map(toRow))])
}

function toRow({ actor, actorKey, via, action, target, outcome, ...rest }: NewAuditEvent) {
  const { reason = null, reference = null, address, before = null, after = null } = rest
  return {
    actor_id: actor?.id ?? null,
    actor: storable(actor?.name ?? null),
    actor_key: storable(actorKey),
    via,
    action,
    target: storable(target),
    outcome,
    reason: storable(reason),
    reference: storable(reference),
    address: storable(address),
    before: redactDeep(before),
    after: redactDeep(after),
  }
}

// A refused request may name anything. Redacted before it is cut: what is left of a cut token is most of a secret.
// PostgreSQL's text holds neither a zero byte nor half of a surrogate pair.
function storable(text: string | null): string | null {
  return text === null
    ? null
    : redactText(text)
        .slice(0, MAX_TEXT)
        .replace(/\0|\p{Surrogate}/gu, '\ufffd')
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
  /** A whole target or one of its first two words, or a key by its id: what was done with it too. */
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
  const rows = await db.run<EventRow>('list audit events', pageSql(filter, NEWEST_FIRST), values)
  const page = toPage(rows, request.limit, row => [row.seq])
  return { items: page.items.map(toEvent), next: page.next }
}

/** A row as EVENT_SQL reads it: the driver gives bigint as text. */
export type EventRow = Omit<AuditEvent, 'seq'> & { readonly seq: string }

/** Rows of versions that did not redact what they wrote stay as they are, for the chain's sake: they are redacted here. */
export function toEvent(row: EventRow): AuditEvent {
  return redactDeep({ ...row, seq: Number(row.seq) })
}

const EVENT_SQL = `
  seq, postern.epoch_ms(at) as at, actor, actor_key as "actorKey", via, action, target, outcome, reason, reference,
  address, before, after`

/** The values of FILTER_SQL, $1 to $7. */
export function filterValues(filter: AuditFilter): unknown[] {
  const { actor, action, target, outcome, reference, from, until } = filter
  return [actor, action, target, outcome, reference, from, until]
}

const FILTER_SQL = `
  ($1::text is null or actor = $1) and ($2::text is null or action = $2 or starts_with(action, $2 || '.'))
  and ($4::text is null or outcome = $4)
  and ($5::text is null or reference = $5)
  and ($6::double precision is null or at >= to_timestamp($6::double precision / 1000))
  and ($7::double precision is null or at < to_timestamp($7::double precision / 1000))`

/** The rows of a page: where it begins, and their order. The place is $8, and the limit the last value. */
export interface PageSql {
  readonly place: string
  readonly order: 'seq' | 'seq desc'
  readonly limit: '$9' | '$10'
}

const NEWEST_FIRST: PageSql = { place: '($8::bigint is null or seq < $8::bigint)', order: 'seq desc', limit: '$9' }

/** Writes the statement that reads a page. Each way in which a target matches is asked alone: its index has the rows in
 * their order, so a page costs as much as it is long, however many rows match and however few. */
export function pageSql({ target }: AuditFilter, { place, order, limit }: PageSql): string {
  const rows = (what: string, match: string) =>
    `select ${what} from postern.audit_events where ${FILTER_SQL} and ${place} and ${match} order by ${order} limit ${limit}`
  if (target === undefined) return rows(EVENT_SQL, '$3::text is null')
  const found = waysToMatch(target).map(match => `(${rows('seq', match)})`)
  return rows(
    EVENT_SQL,
    `seq = any(array(select seq from (${found.join(' union ')}) f order by ${order} limit ${limit}))`,
  )
}

// The indexes are those of migrations/0014_audit_targets.sql. Of a whole target, the second word is the rarer one as a rule.
function waysToMatch(target: string): string[] {
  const [first, second] = ["split_part(target, ' ', 1)", "split_part(target, ' ', 2)"]
  if (!target.includes(' ')) return [`${first} = $3`, `${second} = $3`, 'actor_key = $3']
  const isFirstOnly = target.split(' ')[1] === ''
  return [
    isFirstOnly
      ? `${first} = split_part($3, ' ', 1) and target = $3`
      : `${second} = split_part($3, ' ', 2) and target = $3`,
  ]
}
