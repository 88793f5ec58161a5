// Counts connections and logins against their limits, before any work is done for them.

import { Refusal } from '../errors.js'

export interface Limits {
  /** Connections in all. */
  readonly connections: number
  /** Connections from one client address. */
  readonly connectionsPerAddress: number
  /** Logins under way at the same time. */
  readonly loginsInFlight: number
}

/** Connections over the limit of their address that are still let in, to be told so. */
const ROOM_FOR_REFUSALS = 20

export class Counters {
  readonly #limits: Limits
  readonly #byAddress = new Map<string, number>()
  #connections = 0
  #logins = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get connections(): number {
    return this.#connections
  }

  get loginsInFlight(): number {
    return this.#logins
  }

  /** Whether an address has so many connections beyond its limit that no more are worth an answer: most of them may
   * never ask for a login, and wait for their deadline. */
  isFlooding(address: string): boolean {
    return (this.#byAddress.get(address) ?? 0) >= this.#limits.connectionsPerAddress + ROOM_FOR_REFUSALS
  }

  /** Counts a connection, within the limits or not; the function gives it back. */
  enter(address: string): () => void {
    this.#connections++
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
    return () => {
      this.#connections--
      const left = (this.#byAddress.get(address) ?? 1) - 1
      if (left === 0) this.#byAddress.delete(address)
      else this.#byAddress.set(address, left)
    }
  }

  /** Counts a login; the function gives it back, and may be called twice. Throws a Refusal over a limit. */
  beginLogin(address: string): () => void {
    const { connections, connectionsPerAddress, loginsInFlight } = this.#limits
    const fromHere = this.#byAddress.get(address) ?? 0
    if (this.#connections > connections || fromHere > connectionsPerAddress || this.#logins >= loginsInFlight) {
      throw new Refusal('too_many_connections')
    }
    this.#logins++
    let counted = true
    return () => {
      if (counted) this.#logins--
      counted = false
    }
  }
}
