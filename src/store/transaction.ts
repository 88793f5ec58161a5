// A transaction: all of it or nothing, on one connection, which goes back to the pool clean or not at all. The changes that it
// makes are announced after its commit, so that a full queue of notifications cannot fail them: migrations/0013_announce.sql.

import type pg from 'pg'
import type { Executor, Store } from './pool.js'
import { toStoreError, type StoreErrorCode } from './store-error.js'

/** Runs SQL within one transaction. Functions that are only right inside of one ask for this type. */
export interface Transaction extends Executor {
  readonly transaction: true
}

/** Runs `work` in a transaction at READ COMMITTED, commits when it resolves, and rolls back when it rejects. Does not wait for
 * the announcement of its changes.
 * @throws whatever `work` throws, or StoreError. After an `unavailable` or `timeout` from the commit itself it is not
 * known whether the change was made. */
export async function withTransaction<T>(store: Store, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await store.connect('begin a transaction')
  const tx = new ClientTransaction(client)
  // A connection that breaks between two statements; without a listener it would end the process.
  const onError = (): void => {
    tx.broken = true
  }
  client.on('error', onError)
  try {
    await tx.begin()
    const result = await work(tx)
    const newest = await tx.commit()
    if (newest !== null) store.announce(newest)
    return result
  } catch (error) {
    await rollBack(tx)
    throw error
  } finally {
    client.off('error', onError)
    client.release(tx.broken)
  }
}

/** Takes the change feed's lock until the transaction ends. Row locks taken by `select ... for update` come after it:
 * every writer's triggers take the lock first, and another order could end in a deadlock. */
export async function lockChanges(tx: Transaction): Promise<void> {
  await tx.run('wait for other writers', 'select postern.lock_changes()')
}

const NEWEST_CHANGE_SQL = "select pg_catalog.current_setting('postern.newest_change', true) as newest"

// Errors after which the connection itself is in doubt: a ROLLBACK on it could wait as long again.
const BROKEN: ReadonlySet<StoreErrorCode> = new Set(['unavailable', 'internal'])

class ClientTransaction implements Transaction {
  readonly transaction = true
  readonly #client: pg.PoolClient
  broken = false

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  async begin(): Promise<void> {
    await this.#query('begin a transaction', "begin; set local postern.announce = 'off'")
  }

  /** Returns the seq of the newest change that it made, or null when it made none. */
  async commit(): Promise<string | null> {
    // One round trip for both. In a failed transaction the first is an error, where COMMIT alone would only roll back.
    const results = await this.#query('commit', `${NEWEST_CHANGE_SQL}; commit`)
    const [row] = (results as unknown as pg.QueryResult<{ newest: string | null }>[])[0]?.rows ?? []
    return row?.newest || null
  }

  async run<Row>(doing: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#query(doing, sql, [...values])).rows as Row[]
  }

  /** Without values, several statements may be given; the result is an array then. */
  async #query(doing: string, sql: string, values?: unknown[]): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(sql, values)
    } catch (error) {
      const mapped = toStoreError(doing, error)
      // A timeout without a SQLSTATE is the client's own: the server has not answered.
      this.broken ||= BROKEN.has(mapped.code) || mapped.sqlstate === null
      throw mapped
    }
  }
}

async function rollBack(tx: ClientTransaction): Promise<void> {
  if (tx.broken) return
  try {
    await tx.run('roll back', 'rollback')
  } catch {
    // The error that led here is the one to tell; closing the connection rolls back as well.
    tx.broken = true
  }
}
