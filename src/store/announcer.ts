// Announces changes to all instances once they are committed. A statement apart from the change: NOTIFY in the transaction of
// the change fails its COMMIT when the queue of the server is full. PostgreSQL manual, "NOTIFY".

import type { Executor } from './pool.js'
import { toStoreError, type StoreError } from './store-error.js'

/** Receives the outcome of each announcement: the error, or null for success. Must not throw. */
export type AnnouncementListener = (error: StoreError | null) => void

/** Sends one announcement at a time. Those requested meanwhile share the next one: it is only a hint to read the changes. */
export class Announcer {
  readonly #store: Executor
  readonly #settled: AnnouncementListener
  #newest: string | null = null
  #running: Promise<void> | undefined

  constructor(store: Executor, settled: AnnouncementListener = () => {}) {
    this.#store = store
    this.#settled = settled
  }

  /** Announces the change with this seq soon. Returns at once and never throws: the poll finds what is not announced. */
  announce(seq: string): void {
    this.#newest = seq
    this.#running ??= this.#send()
  }

  /** Resolves when nothing is left to announce. Never rejects. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #send(): Promise<void> {
    while (this.#newest !== null) {
      const seq = this.#newest
      this.#newest = null
      try {
        await this.#store.run('announce changes', "select pg_notify('postern_changes', $1)", [seq])
        this.#settled(null)
      } catch (error) {
        this.#settled(toStoreError('announce changes', error))
      }
    }
    this.#running = undefined
  }
}
