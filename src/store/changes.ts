// Reads the change feed, and prunes it. Why its order can be trusted: migrations/0002_changes.sql.

import type { Change, ChangeKind, ChangePage, ChangeSource } from '../auth/sources.js'
import type { EpochMs, Seq } from '../auth/account.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'

/** A page that also says whether the reader came too late. */
export interface StoredChangePage extends ChangePage {
  /** Changes after the seq that was asked for have been pruned: the reader has missed some for good, and must drop
   * what it knows. */
  readonly missed: boolean
}

/** Changes that one statement deletes at most, so that pruning never comes near the statement timeout. */
const PRUNE_BATCH = 5000

/** The change feed. */
export class Changes implements ChangeSource {
  readonly #store: Executor

  constructor(store: Executor) {
    this.#store = store
  }

  readChanges(after: Seq, limit: number): Promise<StoredChangePage> {
    return this.#read('read changes', 'c.seq > $1', 'p.through > $1', [after, limit])
  }

  /** Pages: go on with `readChanges` after the last of them. */
  readRecentChanges(windowMs: number, limit: number): Promise<StoredChangePage> {
    const condition = "c.at >= now() - $1::double precision * interval '1 millisecond'"
    return this.#read('read recent changes', condition, 'false', [windowMs, limit])
  }

  /** Deletes changes older than `ageMs` by the store's clock, and returns how many. Safe on several instances at once.
   * Keep it far above the age at which a reader gives up: a day. */
  async prune(ageMs: number): Promise<number> {
    let pruned = 0
    for (;;) {
      const [row] = await this.#store.run<{ count: number }>('prune changes', PRUNE_SQL, [ageMs, PRUNE_BATCH])
      pruned += row?.count ?? 0
      if ((row?.count ?? 0) < PRUNE_BATCH) return pruned
    }
  }

  async #read(doing: string, condition: string, missed: string, values: number[]): Promise<StoredChangePage> {
    const [row] = await this.#store.run<PageRow>(doing, pageSql(condition, missed), values)
    if (!row) throw new TypeError('a statement with one row returned none')
    // It may lag behind without an end, and would look as young as ever: no revocation that it lacks may be missed.
    if (row.is_standby) throw new StoreError('unavailable', `${doing}: the store is a standby`)
    return { changes: row.changes, head: Number(row.head), storeTime: row.store_time, missed: row.missed }
  }
}

interface PageRow {
  head: string
  store_time: EpochMs
  is_standby: boolean
  missed: boolean
  changes: (Change & { kind: ChangeKind })[]
}

// One statement, so head, changes and what was pruned are of one snapshot. statement_timestamp() is before the snapshot
// was taken: a list is never said to be fresher than it is.
function pageSql(condition: string, missed: string): string {
  return `
    select postern.change_head() as head, postern.epoch_ms(statement_timestamp()) as store_time, ${missed} as missed,
      pg_is_in_recovery() as is_standby,
      (select coalesce(json_agg(json_build_object(
          'seq', c.seq, 'at', postern.epoch_ms(c.at), 'kind', c.kind, 'accountId', c.account_id,
          'accountName', c.account_name, 'keyId', c.key_id, 'databaseId', c.database_id,
          'sessionId', c.session_id, 'network', c.network::text) order by c.seq), '[]')
        from (select * from postern.changes c where ${condition} order by c.seq limit $2) c) as changes
    from postern.changes_pruned p`
}

const PRUNE_SQL = `
  with pruned as (
    delete from postern.changes where seq in (
      select seq from postern.changes where at < now() - $1::double precision * interval '1 millisecond'
      order by seq limit $2)
    returning seq
  ), kept as (
    update postern.changes_pruned set through = greatest(through, (select max(seq) from pruned))
    where exists (select from pruned)
  )
  select count(*)::integer as count from pruned`
