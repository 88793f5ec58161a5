// What removing a database takes away: which accounts lose it, which of them are left without any, and which sessions end.

import { CONNECTED_SQL } from './database-access.js'
import type { Executor } from './pool.js'

/** The first names, in order, and how many there are in all. */
export interface NamedAccounts {
  readonly names: readonly string[]
  readonly total: number
}

export interface RemovalImpact {
  /** Pinned service accounts that have no other database. */
  readonly stranded: NamedAccounts
  /** All other accounts that are connected with it, disabled ones too. */
  readonly others: NamedAccounts
  /** Live sessions, as far as instances have reported them. */
  readonly sessions: number
}

/** Reads what the removal of a database would take away.
 * @param options maxNames: names of each kind at most; seenWithinMs: sessions of instances that have been silent for
 * longer are left out. */
export async function readRemovalImpact(
  db: Executor,
  databaseId: string,
  { maxNames, seenWithinMs }: { readonly maxNames: number; readonly seenWithinMs: number },
): Promise<RemovalImpact> {
  const values = [databaseId, maxNames, seenWithinMs]
  const [row] = await db.run<Row>('read what a removal takes away', IMPACT_SQL, values)
  if (!row) throw new TypeError('a statement with one row returned none')
  return {
    stranded: { names: row.stranded, total: row.strandedTotal },
    others: { names: row.others, total: row.othersTotal },
    sessions: row.sessions,
  }
}

interface Row {
  readonly stranded: string[]
  readonly strandedTotal: number
  readonly others: string[]
  readonly othersTotal: number
  readonly sessions: number
}

const IMPACT_SQL = `
  with connected as (
    select a.name, a.scope = 'pinned' and not exists (
        select from postern.pinned_databases p where p.account_id = a.id and p.database_id <> $1) as stranded
    from postern.accounts a where a.deleted_at is null and a.id in (${CONNECTED_SQL})
  )
  select
    array(select name from connected where stranded order by name limit $2) as stranded,
    (select count(*)::integer from connected where stranded) as "strandedTotal",
    array(select name from connected where not stranded order by name limit $2) as others,
    (select count(*)::integer from connected where not stranded) as "othersTotal",
    (select count(*)::integer from postern.live_sessions s join postern.instances i on i.id = s.instance_id
      where s.database_id = $1 and i.seen_at >= now() - $3::double precision * interval '1 millisecond') as sessions`
