// Checks a token against an argon2id hash: once, however often it is asked, and never more at a time than the machine
// can bear. A verdict is about a token and a hash, which never change; whether the key still holds is checked after it.

import argon2 from 'argon2'
import { LRUCache } from 'lru-cache'
import { createHmac, randomBytes } from 'node:crypto'
import { DoomedHash } from './doomed-hash.js'
import { Turns } from './turns.js'

export interface TokenVerifierOptions {
  readonly maxVerdicts: number
  readonly maxAgeMs: number
  /** Hashes computed at the same time. Each takes a thread of the pool and 19 MiB. */
  readonly concurrency: number
  /** Callers that may wait for a hash; more are turned away with BusyError. */
  readonly maxQueue: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly events: {
    cacheAsked(result: 'hit' | 'miss'): void
    hashed(seconds: number): void
  }
}

export class TokenVerifier {
  readonly #options: TokenVerifierOptions
  readonly #macKey = randomBytes(32)
  readonly #verdicts: LRUCache<string, boolean>
  readonly #running = new Map<string, Promise<boolean>>()
  readonly #turns: Turns
  readonly #doomed = new DoomedHash()

  constructor(options: TokenVerifierOptions) {
    this.#options = options
    this.#turns = new Turns(options)
    this.#verdicts = new LRUCache({
      max: options.maxVerdicts,
      ttl: options.maxAgeMs,
      // Without it the clock is read once in a millisecond and longer while the process is busy: a verdict would be kept
      // beyond its age.
      ttlResolution: 0,
      perf: { now: options.now },
    })
  }

  /** How many callers wait for a hash. */
  get queueDepth(): number {
    return this.#turns.waiting
  }

  /** Tells whether the token belongs to the hash; a null hash stands for a key that does not exist, takes the same
   * work and is never true. Rejects with BusyError when the queue is full. */
  async verify(token: string, hash: string | null): Promise<boolean> {
    // The map is keyed by a MAC, so a dump of it gives nobody a token.
    const mac = createHmac('sha256', this.#macKey)
      .update(`${hash ?? ''}\0${token}`)
      .digest('base64')
    const known = this.#verdicts.get(mac)
    this.#options.events.cacheAsked(known === undefined ? 'miss' : 'hit')
    if (known !== undefined) return known
    const running = this.#running.get(mac)
    if (running) return running
    const verdict = this.#compute(token, hash).finally(() => this.#running.delete(mac))
    this.#running.set(mac, verdict)
    this.#verdicts.set(mac, await verdict)
    return verdict
  }

  #compute(token: string, hash: string | null): Promise<boolean> {
    return this.#turns.run(async () => {
      const startedAt = this.#options.now()
      const matches = await argon2.verify(hash ?? (await this.#doomed.get()), token)
      this.#options.events.hashed((this.#options.now() - startedAt) / 1000)
      return matches && hash !== null
    })
  }
}
