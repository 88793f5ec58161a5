// Counts this instance's logins by minute and true reason, for the last hour: what the store is told of with each report.
// Bounded: 60 minutes, and the closed set of reasons.

import type { Refusal } from '../errors.js'
import { ADMITTED, MINUTES, type LoginCount } from '../store/login-counts.js'

const MINUTE_MS = 60_000

interface Minute {
  readonly counts: Map<string, number>
  /** Whether there is something that the store has not been told. */
  isNews: boolean
}

export class LoginCounter {
  readonly #now: () => number
  readonly #minutes = new Map<number, Minute>()

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  admitted(): void {
    this.#add(ADMITTED)
  }

  refused({ reason }: Refusal): void {
    this.#add(reason)
  }

  /** Hands all counts of the minutes that have news to `tell`, which may be done twice: each count stands for the whole
   * minute. What could not be told is handed over again. Rejects with what `tell` rejects with. */
  async flush(tell: (counts: readonly LoginCount[]) => Promise<void>): Promise<void> {
    const now = this.#now()
    const news = [...this.#minutes].filter(([, { isNews }]) => isNews)
    if (news.length === 0) return
    for (const [, minute] of news) minute.isNews = false
    try {
      await tell(
        news.flatMap(([number, { counts }]) =>
          [...counts].map(([reason, count]) => ({ minute: number, ageMs: now - number * MINUTE_MS, reason, count })),
        ),
      )
    } catch (error) {
      for (const [, minute] of news) minute.isNews = true
      throw error
    }
  }

  #add(reason: string): void {
    const number = Math.floor(this.#now() / MINUTE_MS)
    const minute = this.#minutes.get(number) ?? { counts: new Map<string, number>(), isNews: true }
    minute.counts.set(reason, (minute.counts.get(reason) ?? 0) + 1)
    minute.isNews = true
    if (!this.#minutes.has(number)) this.#begin(number, minute)
  }

  #begin(number: number, minute: Minute): void {
    this.#minutes.set(number, minute)
    for (const old of this.#minutes.keys()) if (old <= number - MINUTES) this.#minutes.delete(old)
  }
}
