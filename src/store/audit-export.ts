// Reads the audit log from its beginning, page by page, so that a log of any size leaves in bounded memory.

import {
  filterValues,
  pageSql,
  toEvent,
  type AuditEvent,
  type AuditFilter,
  type EventRow,
  type PageSql,
} from './audit.js'
import type { Executor } from './pool.js'

/** Events that are in memory at once. */
const PAGE_SIZE = 200

/** Yields pages of the events that are there when it begins, oldest first. The first page comes even when it is empty. */
export async function* exportAuditEvents(db: Executor, filter: AuditFilter): AsyncGenerator<readonly AuditEvent[]> {
  const [head] = await db.run<{ seq: string }>('export audit events', 'select seq from postern.audit_head')
  let after = 0
  for (;;) {
    const values = [...filterValues(filter), after, head?.seq ?? 0, PAGE_SIZE]
    const events = (await db.run<EventRow>('export audit events', pageSql(filter, OLDEST_FIRST), values)).map(toEvent)
    yield events
    if (events.length < PAGE_SIZE) return
    after = events.at(-1)?.seq ?? after
  }
}

const OLDEST_FIRST: PageSql = { place: 'seq > $8::bigint and seq <= $9::bigint', order: 'seq', limit: '$10' }
