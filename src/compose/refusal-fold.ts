// Keeps refused logins from filling the audit log: whoever guesses tokens, or has a program that retries for ever, makes a
// few rows a minute and a count of the rest.

import type { NewAuditEvent } from '../store/audit.js'

/** Of refusals that are alike, as many a minute have a row of their own. */
const ROWS_ALIKE = 5
/** Of all refusals, as many a minute. Beyond them only reasons are told apart, and they are a closed set. */
const ROWS = 60
const WINDOW_MS = 60_000

/** Refusals that are alike. */
interface Fold {
  rows: number
  folded: number
  /** The last one that has no row of its own. */
  last: NewAuditEvent | null
}

export class RefusalFold {
  readonly #now: () => number
  readonly #folds = new Map<string, Fold>()
  #rows = 0
  #since: number

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now
    this.#since = now()
  }

  /** Takes a refusal; returns it when it shall have a row of its own. */
  add(event: NewAuditEvent): NewAuditEvent | null {
    if (this.#rows < ROWS) {
      const fold = this.#foldOf(kindOf(event))
      if (fold.rows < ROWS_ALIKE) {
        fold.rows++
        this.#rows++
        return event
      }
      count(fold, event)
      return null
    }
    const known = this.#folds.get(kindOf(event))
    if (known) count(known, event)
    else count(this.#foldOf(event.reason ?? ''), { ...event, actor: null, actorKey: null, target: null, address: null })
    return null
  }

  /** Returns a row for each kind of which some were only counted, once the minute is over, or at once with `now`. */
  settle({ atOnce = false } = {}): NewAuditEvent[] {
    if (!atOnce && this.#now() - this.#since < WINDOW_MS) return []
    const seconds = Math.round((this.#now() - this.#since) / 1000)
    const rows = [...this.#folds.values()].flatMap(({ folded, last }) =>
      last ? [{ ...last, after: { count: folded, seconds } }] : [],
    )
    this.#folds.clear()
    this.#rows = 0
    this.#since = this.#now()
    return rows
  }

  #foldOf(kind: string): Fold {
    const known = this.#folds.get(kind)
    if (known) return known
    const fold: Fold = { rows: 0, folded: 0, last: null }
    this.#folds.set(kind, fold)
    return fold
  }
}

function count(fold: Fold, event: NewAuditEvent): void {
  fold.folded++
  fold.last = event
}

function kindOf({ reason, address, actor, actorKey, target }: NewAuditEvent): string {
  return JSON.stringify([reason, address, actor?.id, actorKey, target])
}
