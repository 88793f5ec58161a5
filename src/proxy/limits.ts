// Counts connections, logins and sessions against their limits, before any work is done for them. All are of this instance:
// a count over all of them would make every login wait for the store.

import { Refusal } from '../errors.js'
import { networkOf, ONE_CLIENT } from '../model/network.js'

export interface Limits {
  /** Connections in all. */
  readonly connections: number
  /** Connections from one client address; from one /64 with IPv6, where a host has as many addresses as it likes. */
  readonly connectionsPerAddress: number
  /** Logins under way at the same time. */
  readonly loginsInFlight: number
  /** Sessions of one account, from before they log in at the database until they are over. */
  readonly sessionsPerAccount: number
  /** Sessions of one key. */
  readonly sessionsPerKey: number
}

/** Connections over the limit of their address that are still let in, to be told so. */
const ROOM_FOR_REFUSALS = 20

export class Counters {
  readonly #limits: Limits
  readonly #byAddress = new Census()
  readonly #byAccount = new Census()
  readonly #byKey = new Census()
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
    return this.#byAddress.of(clientOf(address)) >= this.#limits.connectionsPerAddress + ROOM_FOR_REFUSALS
  }

  /** Counts a connection, within the limits or not; the function gives it back. */
  enter(address: string): () => void {
    this.#connections++
    const leave = this.#byAddress.add(clientOf(address))
    return () => {
      this.#connections--
      leave()
    }
  }

  /** Counts a login; the function gives it back, and may be called twice. Throws a Refusal over a limit. */
  beginLogin(address: string): () => void {
    const { connections, connectionsPerAddress, loginsInFlight } = this.#limits
    if (this.#byAddress.of(clientOf(address)) > connectionsPerAddress)
      throw new Refusal('too_many_connections_of_address')
    if (this.#connections > connections) throw new Refusal('too_many_connections')
    if (this.#logins >= loginsInFlight) throw new Refusal('too_many_logins')
    this.#logins++
    let counted = true
    return () => {
      if (counted) this.#logins--
      counted = false
    }
  }

  /** Counts a session; the function gives it back. Looks and counts in one step, so that logins of the same moment can not
   * all find the last place free. Throws a Refusal over a limit. */
  openSession({ accountId, keyId }: { readonly accountId: string; readonly keyId: string }): () => void {
    const { sessionsPerAccount, sessionsPerKey } = this.#limits
    if (this.#byKey.of(keyId) >= sessionsPerKey) throw new Refusal('too_many_sessions_of_key')
    if (this.#byAccount.of(accountId) >= sessionsPerAccount) throw new Refusal('too_many_sessions_of_account')
    const ofKey = this.#byKey.add(keyId)
    const ofAccount = this.#byAccount.add(accountId)
    return () => {
      ofKey()
      ofAccount()
    }
  }
}

function clientOf(address: string): string {
  return networkOf(address, ONE_CLIENT)
}

/** How many there are by name. A name without any takes no memory. */
class Census {
  readonly #counts = new Map<string, number>()

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Counts one more; the function takes it off again. */
  add(name: string): () => void {
    this.#counts.set(name, this.of(name) + 1)
    return () => {
      const left = this.of(name) - 1
      if (left > 0) this.#counts.set(name, left)
      else this.#counts.delete(name)
    }
  }
}
