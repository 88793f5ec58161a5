// How often one may fail before one has to wait: counted in the store, so that all instances share one budget and a
// restart gives nobody a new one.

import { createHash } from 'node:crypto'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Executor } from './pool.js'

export interface FailureBudgetOptions {
  /** What is counted, as in `login by address`. */
  readonly name: string
  readonly failures: number
  /** From the first failure on; then counting starts anew. */
  readonly windowMs: number
}

export class FailureBudget {
  readonly #limiter: RateLimiterPostgres
  readonly #name: string

  constructor(store: Executor, { name, failures, windowMs }: FailureBudgetOptions) {
    this.#name = name
    this.#limiter = new RateLimiterPostgres({
      storeClient: asPool(store),
      storeType: 'pool',
      schemaName: 'postern',
      tableName: 'failures',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: '',
      points: failures,
      duration: windowMs / 1000,
    })
  }

  /** Counts an attempt as failed before it is made, so that many at once are no more than many in turn. `giveBack` when
   * it succeeds. Returns null, or how long to wait when the budget is spent.
   * @throws StoreError */
  async take(who: string): Promise<{ readonly retryAfterMs: number } | null> {
    try {
      await this.#limiter.consume(this.#key(who))
      return null
    } catch (error) {
      if (error instanceof RateLimiterRes) return { retryAfterMs: error.msBeforeNext }
      throw error
    }
  }

  /** Takes one attempt back: it has not failed. */
  async giveBack(who: string): Promise<void> {
    await this.#limiter.reward(this.#key(who))
  }

  /** Forgets all failures. */
  async forget(who: string): Promise<void> {
    await this.#limiter.delete(this.#key(who))
  }

  #key(who: string): string {
    return createHash('sha256').update(`${this.#name}\0${who}`).digest('base64url')
  }
}

/** Deletes counts of windows that are over. */
export async function pruneFailures(db: Executor): Promise<void> {
  await db.run('prune failures', 'delete from postern.failures where expire < $1', [Date.now()])
}

/** The store as the limiter asks it: like a pool of `pg`. */
function asPool(store: Executor) {
  return {
    query: async ({ text, values }: { text: string; values?: unknown[] }) => {
      const rows = await store.run('count failures', text, values ?? [])
      return { rows, rowCount: rows.length }
    },
  }
}
