// A store's change feed in memory: the same promises as the real one, and failures when the test wants them.

import type { Change, ChangePage, ChangePush, ChangeSource } from '../../src/auth/sources.js'
import { type Deferred, deferred } from './sample.js'

export class ModelStore implements ChangeSource, ChangePush {
  /** What was asked, in order. */
  readonly reads: string[] = []
  /** The store's clock. */
  time = 5_000_000
  /** Thrown by the next reads while set. */
  failure: Error | null = null
  /** Changes up to this number are no longer stored. */
  prunedThrough = 0
  listening = false
  #changes: Change[] = []
  #gate: Deferred<void> | null = null
  #onHint: () => void = () => {}

  get head(): number {
    return this.#changes.at(-1)?.seq ?? 0
  }

  /** Commits changes, without a hint. */
  commit(...changes: readonly Omit<Change, 'at'>[]): void {
    this.#changes.push(...changes.map(change => ({ ...change, at: this.time })))
  }

  hint(): void {
    this.#onHint()
  }

  /** Goes back to change `seq`, as a store does that is restored from a backup. */
  restore(seq: number): void {
    this.#changes = this.#changes.filter(change => change.seq <= seq)
  }

  /** Makes reads hang until the function that is returned is called. */
  hold(): () => void {
    const gate = deferred<void>()
    this.#gate = gate
    return () => {
      if (this.#gate === gate) this.#gate = null
      gate.resolve()
    }
  }

  readChanges(after: number, limit: number): Promise<ChangePage> {
    this.reads.push(`after ${after}`)
    return this.#page(({ seq }) => seq > after, limit, after < this.prunedThrough)
  }

  readRecentChanges(windowMs: number, limit: number): Promise<ChangePage> {
    this.reads.push(`last ${windowMs} ms`)
    return this.#page(({ at }) => at >= this.time - windowMs, limit, false)
  }

  listen(onHint: () => void): { close(): Promise<void> } {
    this.#onHint = onHint
    this.listening = true
    return {
      close: async () => {
        this.listening = false
      },
    }
  }

  async #page(isAsked: (change: Change) => boolean, limit: number, missed: boolean): Promise<ChangePage> {
    if (this.failure) throw this.failure
    const stored = this.#changes.filter(({ seq }) => seq > this.prunedThrough)
    const page = { changes: stored.filter(isAsked).slice(0, limit), head: this.head, storeTime: this.time, missed }
    await this.#gate?.promise
    return page
  }
}
