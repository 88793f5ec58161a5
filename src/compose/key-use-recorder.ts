// Remembers the last use of each key and writes it to the store now and then, so that no login waits for that.

import { applicationName } from '../auth/application-name.js'
import type { Session } from '../proxy/sessions.js'
import { recordKeyUses, type NewKeyUse } from '../store/key-uses.js'
import type { Executor } from '../store/pool.js'

/** Keys at most whose use waits to be written; the one that was not used for longest is forgotten first. */
const MAX_WAITING = 10_000
/** Keys of one statement. */
const BATCH = 2_000

type Use = Omit<NewKeyUse, 'ageMs'> & { readonly usedAt: number }

/** A request to the API with a key. */
export interface ApiUse {
  readonly keyId: string
  readonly address: string
  readonly userAgent: string | undefined
}

export class KeyUseRecorder {
  readonly #store: Executor
  readonly #now: () => number
  readonly #waiting = new Map<string, Use>()

  /** @param now monotonic milliseconds */
  constructor(store: Executor, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /** Notes that a key opened a session. */
  opened({ keyId, clientAddress, application, database }: Session): void {
    this.#note({ keyId, address: clientAddress, application, database })
  }

  /** Notes that a key was used in the API. */
  asked({ keyId, address, userAgent = '' }: ApiUse): void {
    this.#note({ keyId, address, application: applicationName(userAgent), database: null })
  }

  /** Writes what waits. To be called by one at a time. Rejects with StoreError, and what could not be written waits on. */
  async flush(): Promise<void> {
    const waiting = [...this.#waiting.values()]
    for (let at = 0; at < waiting.length; at += BATCH) {
      const batch = waiting.slice(at, at + BATCH)
      const now = this.#now()
      await recordKeyUses(
        this.#store,
        batch.map(({ usedAt, ...use }) => ({ ...use, ageMs: now - usedAt })),
      )
      // A key that was used meanwhile waits for the next time.
      for (const use of batch) if (this.#waiting.get(use.keyId) === use) this.#waiting.delete(use.keyId)
    }
  }

  #note(use: Omit<Use, 'usedAt'>): void {
    this.#waiting.delete(use.keyId) // so that the newest is last
    this.#waiting.set(use.keyId, { ...use, usedAt: this.#now() })
    if (this.#waiting.size <= MAX_WAITING) return
    for (const oldest of this.#waiting.keys()) {
      this.#waiting.delete(oldest)
      break
    }
  }
}
