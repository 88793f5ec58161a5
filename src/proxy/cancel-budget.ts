// How many CancelRequests with a wrong key a network may send before they are no longer passed around: a bucket of tokens
// for each, which fills up again with time.

import { networkOf } from '../model/network.js'

export interface CancelBudgetOptions {
  /** Wrong keys that one network may send in a minute. */
  readonly wrongKeysPerMinute: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

interface Bucket {
  spent: number
  at: number
}

/** Networks remembered at most: about 100 bytes each. The one that has been quiet for longest is forgotten first. */
const MAX_NETWORKS = 10_000

const MINUTE_MS = 60_000

export class CancelBudget {
  readonly #options: CancelBudgetOptions
  /** The one that was used last is last. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: CancelBudgetOptions) {
    this.#options = options
  }

  /** Takes one from the budget of the address's network, or returns null when it is spent. The function gives it back: the
   * key was right after all. */
  take(address: string): (() => void) | null {
    const { wrongKeysPerMinute, now } = this.#options
    const network = networkOf(address)
    const bucket = this.#buckets.get(network) ?? { spent: 0, at: now() }
    this.#remember(network, bucket)
    bucket.spent = Math.max(0, bucket.spent - ((now() - bucket.at) / MINUTE_MS) * wrongKeysPerMinute)
    bucket.at = now()
    if (bucket.spent + 1 > wrongKeysPerMinute) return null
    bucket.spent++
    return () => void (bucket.spent = Math.max(0, bucket.spent - 1))
  }

  #remember(network: string, bucket: Bucket): void {
    this.#buckets.delete(network)
    this.#buckets.set(network, bucket)
    if (this.#buckets.size <= MAX_NETWORKS) return
    for (const quietest of this.#buckets.keys()) return void this.#buckets.delete(quietest)
  }
}
