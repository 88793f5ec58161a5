// A transaction: all of it or nothing, on one connection, which goes back to the pool clean or not at all.

import type pg from 'pg'
import type { Executor, Store } from './pool.js'
import { toStoreError, type StoreErrorCode } from './store-error.js'

/** Runs SQL within one transaction. Functions that are only right inside of one ask for this type. */
export interface Transaction extends Executor {
  readonly transaction: true
}

/** Runs `work` in a transaction at READ COMMITTED, commits when it resolves, and rolls back when it rejects.
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
    await tx.run('begin a transaction', 'begin')
    const result = await work(tx)
    await tx.run('commit', 'commit')
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

// Errors after which the connection itself is in doubt: a ROLLBACK on it could wait as long again.
const BROKEN: ReadonlySet<StoreErrorCode> = new Set(['unavailable', 'internal'])

class ClientTransaction implements Transaction {
  readonly transaction = true
  readonly #client: pg.PoolClient
  broken = false

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  async run<Row>(doing: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      const result = await this.#client.query(sql, [...values])
      return result.rows as Row[]
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
