// Keeps the revocation list young: reads it at the start, on every hint of the push channel, and every `refreshMs`
// whatever the push channel says. The poll is the guarantee; the push only makes it quick.

import type { RevocationList } from './revocation-list.js'
import type { Change, ChangePage, ChangePush, ChangeSource } from './sources.js'

export interface RevocationFeedOptions {
  readonly list: RevocationList
  readonly source: ChangeSource
  readonly push: ChangePush
  readonly refreshMs: number
  readonly maxAgeMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly events: RevocationFeedEvents
}

export interface RevocationFeedEvents {
  /** New changes, in commit order. Called before the list's age is used by any later check. */
  changed(changes: readonly Change[]): void
  /** The list had been stale, or changes were missed for good: check everything again. */
  resync(): void
  refreshed(outcome: 'ok' | 'failed', error?: unknown): void
}

/** Changes read in one go. */
const PAGE = 1000

/** How long a start waits for the store: whoever knocks meanwhile should be told that the proxy is starting, and not find
 * nobody there. */
const START_MS = 2_000

export class RevocationFeed {
  readonly #options: RevocationFeedOptions
  #running: Promise<void> | undefined
  #again = false
  /** Stays set until `resync` was told, however many reads fail half way. */
  #mustResync = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #push: { close(): Promise<void> } | undefined

  constructor(options: RevocationFeedOptions) {
    this.#options = options
  }

  /** Reads the list and goes on reading it; resolves after the first read, or when it takes long. Does not reject when the
   * store is down: the list is then stale, and the next poll tries again. */
  async start(): Promise<void> {
    this.#push = this.#options.push.listen(() => void this.refresh())
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, START_MS)))
    await Promise.race([this.refresh(), late])
    clearTimeout(timer)
  }

  /** Reads what is new. Calls that come while a read runs share one more read after it. */
  refresh(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    clearTimeout(this.#timer)
    this.#running = this.#readUntilQuiet().finally(() => {
      this.#running = undefined
      this.#schedule()
    })
    return this.#running
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#push?.close()
    await this.#running
  }

  async #readUntilQuiet(): Promise<void> {
    do {
      this.#again = false
      try {
        await this.#read()
        this.#options.events.refreshed('ok')
      } catch (error) {
        this.#options.events.refreshed('failed', error)
        return // a failing store is not asked again before the next poll
      }
    } while (this.#again && !this.#closed)
  }

  async #read(): Promise<void> {
    const { list, source, maxAgeMs, now, events } = this.#options
    const isFirst = list.ageMs() === Infinity // nothing has been decided on this list yet
    this.#mustResync ||= !isFirst && list.isStale()
    for (;;) {
      const startedAt = now()
      const page = await this.#withDeadline(
        isFirst && list.head === 0 ? source.readRecentChanges(2 * maxAgeMs, PAGE) : source.readChanges(list.head, PAGE),
      )
      this.#mustResync ||= !isFirst && page.missed
      if (page.head < list.head) {
        // Reads follow each other, so the store itself went back: restored from a backup, or failed over with a loss.
        this.#mustResync = true
        list.goBackTo(page.head)
      }
      const news = list.apply(page, startedAt)
      if (news.length > 0) this.#tell(news)
      if (page.changes.length < PAGE) break
    }
    if (!this.#mustResync) return
    events.resync()
    this.#mustResync = false
  }

  /** The list has moved on, so these changes will not come again: should acting on them fail, check everything. */
  #tell(news: readonly Change[]): void {
    const before = this.#mustResync
    this.#mustResync = true
    this.#options.events.changed(news)
    this.#mustResync = before
  }

  /** A store that hangs must not hang the feed: the read is given up, and its late answer is not used. */
  #withDeadline(page: Promise<ChangePage>): Promise<ChangePage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('reading the revocation list: timed out')),
        this.#options.refreshMs,
      )
      page.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  /** The next poll, up to a tenth early so that many instances do not ask in step. */
  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.refresh(), this.#options.refreshMs * (0.9 + Math.random() / 10))
    this.#timer.unref()
  }
}
