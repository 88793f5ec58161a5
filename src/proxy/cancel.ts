// Cancel requests: from the key a client was given back to the database it came from, whichever instance the session is on.
// Manual, "Canceling Requests in Progress". The requester proves nothing but the key, and is told nothing.

import { createHmac } from 'node:crypto'
import { sendCancel, type CancelOptions } from '../upstream/cancel.js'
import type { Target } from '../upstream/target.js'
import { int32 } from '../wire/frame.js'
import type { CancelKey } from '../wire/startup.js'
import { CancelBudget, type CancelBudgetOptions } from './cancel-budget.js'
import type { CancelOutcome } from './events.js'

/** What an instance can answer another one. */
export type CancelAnswer = Extract<CancelOutcome, 'sent' | 'failed' | 'limited'>

/** The other instances on the same store. */
export interface CancelPeers {
  /** Asks them all to cancel, for a client at this address, what runs in the session whose key has this MAC. null: none of
   * them has answered in time. Rejects when they can't be asked. */
  ask(mac: string, clientAddress: string): Promise<CancelAnswer | null>
}

export interface CancelsOptions extends CancelBudgetOptions, CancelOptions {
  /** Keys of the MACs, the same on all instances that are to understand each other: the first one is for asking, and
   * questions that were made with any of them are understood.
   *
   * Why a MAC and not a hash: a key of protocol 3.0 is a process id, which many can see, and four secret bytes. Whoever saw
   * its hash in the store would have tried them all within seconds, and could then cancel at the database. A MAC opens
   * nothing. It names a session, which whoever has a login to the store can ask to cancel again while it lasts. */
  readonly macKeys: readonly [Buffer, ...Buffer[]]
  readonly peers: CancelPeers
  /** Clients' requests that may be under way to databases at the same time, and those to other instances; more are
   * dropped, as lost packets would be. */
  readonly maxInFlight: number
}

interface Place {
  readonly key: CancelKey
  readonly target: Target
  /** Whether the session's account may come from this address. */
  readonly isAllowed: (clientAddress: string) => boolean
}

export class Cancels {
  readonly #options: CancelsOptions
  readonly #budget: CancelBudget
  /** By MACs of the whole key, so that a look-up takes the same time whatever is guessed. Two databases may have given out
   * the same key: then both are asked, and only a backend that has it acts. */
  readonly #places = new Map<string, Set<Place>>()
  #inFlight = 0
  #asking = 0

  constructor(options: CancelsOptions) {
    this.#options = options
    this.#budget = new CancelBudget(options)
  }

  /** Remembers where a key belongs until the function it returns is called. To who may not log in from where they are, it
   * is a wrong one. */
  remember(key: CancelKey, target: Target, isAllowed: Place['isAllowed']): () => void {
    const macs = this.#options.macKeys.map(macKey => macOf(key, macKey))
    const place = { key, target, isAllowed }
    for (const mac of macs) this.#places.set(mac, (this.#places.get(mac) ?? new Set()).add(place))
    return () => {
      for (const mac of macs) {
        const places = this.#places.get(mac)
        places?.delete(place)
        if (places?.size === 0) this.#places.delete(mac)
      }
    }
  }

  /** Cancels what a session of ours runs, because the session is over. Never rejects. */
  async cancel(key: CancelKey, target: Target): Promise<void> {
    // When it fails, closing the connection has to do.
    await sendCancel(target, key, this.#options).catch(() => {})
  }

  /** Passes a client's cancel request on to the database that gave out the key, or to the instance that knows that
   * database. The outcome is there when the cancel has been sent: a client that waits for it can then go on without fear
   * for its next query. Never rejects. */
  async forward(key: CancelKey, clientAddress: string): Promise<CancelOutcome> {
    const mac = macOf(key, this.#options.macKeys[0])
    return (await this.cancelHere(mac, clientAddress)) ?? this.#ask(mac, clientAddress)
  }

  /** Cancels, for a client at this address, what runs in the session whose key has this MAC. null: no session here has it.
   * Never rejects. */
  async cancelHere(mac: string, clientAddress: string): Promise<CancelAnswer | null> {
    const places = [...(this.#places.get(mac) ?? [])].filter(place => place.isAllowed(clientAddress))
    if (places.length === 0) return null
    if (this.#inFlight >= this.#options.maxInFlight) return 'limited'
    this.#inFlight++
    try {
      await Promise.all(places.map(({ key, target }) => sendCancel(target, key, this.#options)))
      return 'sent'
    } catch {
      return 'failed'
    } finally {
      this.#inFlight--
    }
  }

  /** Asks the other instances. Only wrong keys spend the budget: right ones are as many as there are people who press
   * Ctrl-C behind a load balancer. */
  async #ask(mac: string, clientAddress: string): Promise<CancelOutcome> {
    const giveBack = this.#asking < this.#options.maxInFlight ? this.#budget.take(clientAddress) : null
    if (!giveBack) return 'limited'
    this.#asking++
    try {
      const answer = await this.#options.peers.ask(mac, clientAddress)
      if (answer) giveBack()
      return answer === 'sent' ? 'forwarded' : (answer ?? 'unknown_key')
    } catch {
      return 'failed'
    } finally {
      this.#asking--
    }
  }
}

function macOf({ processId, secretKey }: CancelKey, macKey: Buffer): string {
  return createHmac('sha256', macKey).update(int32(processId)).update(secretKey).digest('base64url')
}
