// Cancel requests: from the key a client was given back to the database it came from.
// Manual, "Canceling Requests in Progress". The requester proves nothing but the key, and is told nothing.

import { createHmac, randomBytes } from 'node:crypto'
import { sendCancel } from '../upstream/cancel.js'
import type { Target } from '../upstream/target.js'
import { int32 } from '../wire/frame.js'
import type { CancelKey } from '../wire/startup.js'
import type { CancelOutcome } from './events.js'

export interface CancelsOptions {
  readonly timeoutMs: number
  /** Clients' requests that may be under way to databases at the same time; more are dropped, as lost packets would be. */
  readonly maxInFlight: number
}

export class Cancels {
  readonly #options: CancelsOptions
  readonly #macKey = randomBytes(32)
  /** By a MAC of the whole key, so that a look-up takes the same time whatever is guessed. Two databases may have
   * given out the same key: then both are asked, and only a backend that has it acts. */
  readonly #targets = new Map<string, Set<Target>>()
  #inFlight = 0

  constructor(options: CancelsOptions) {
    this.#options = options
  }

  /** Remembers where a key belongs until the function it returns is called. */
  remember(key: CancelKey, target: Target): () => void {
    const mac = this.#mac(key)
    const targets = this.#targets.get(mac) ?? new Set()
    this.#targets.set(mac, targets.add(target))
    return () => {
      targets.delete(target)
      if (targets.size === 0) this.#targets.delete(mac)
    }
  }

  /** Cancels what a session of ours runs, because the session is over. Never rejects. */
  async cancel(key: CancelKey, target: Target): Promise<void> {
    // When it fails, closing the connection has to do.
    await sendCancel(target, key, this.#options).catch(() => {})
  }

  /** Passes a client's cancel request on to the database that gave out the key. Never rejects. */
  async forward(key: CancelKey): Promise<CancelOutcome> {
    const targets = [...(this.#targets.get(this.#mac(key)) ?? [])]
    if (targets.length === 0) return 'unknown_key'
    if (this.#inFlight >= this.#options.maxInFlight) return 'limited'
    this.#inFlight++
    try {
      await Promise.all(targets.map(target => sendCancel(target, key, this.#options)))
      return 'sent'
    } catch {
      return 'failed'
    } finally {
      this.#inFlight--
    }
  }

  #mac({ processId, secretKey }: CancelKey): string {
    return createHmac('sha256', this.#macKey).update(int32(processId)).update(secretKey).digest('base64')
  }
}
