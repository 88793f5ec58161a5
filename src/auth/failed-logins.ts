// Counts the bad tokens that come from a network, and blocks one that shows too many. A token that is tried again and again,
// as by a tool in a loop, is one bad token: it must not lock its user out.
//
// A listener that asks for the token itself tells tokens apart. SCRAM can not: the token never crosses the wire, and no two
// proofs of it are alike. There the account that was claimed counts, once, and once more for so many tries of it.

import { LRUCache } from 'lru-cache'
import { createHmac, randomBytes } from 'node:crypto'
import { Refusal } from '../errors.js'
import { formatNetwork, masked, networkOf, parseNetwork, type PrefixBits } from '../model/network.js'
import type { Change } from './sources.js'

export interface FailedLoginsOptions {
  /** So many bad tokens in a window, and their network is blocked. */
  readonly maxBadTokens: number
  /** The time in which they are counted, and for which a network is blocked. */
  readonly windowMs: number
  /** Tries of one account by SCRAM that count as one bad token. */
  readonly triesAsOne: number
  /** What counts as one network. */
  readonly prefixes: PrefixBits
  /** Networks kept in memory; the one that failed or was asked about longest ago is forgotten first. */
  readonly maxNetworks: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Hears of every network that is blocked. */
  readonly blocked: (block: LoginBlock) => void
}

/** A login that showed no token of ours. */
export interface FailedLogin {
  readonly address: string
  /** The account that was claimed. It may be anything: people paste tokens into the user field. */
  readonly claimed: string
  /** The bad token; null: a proof of one. */
  readonly token: string | null
}

/** A network whose logins are refused. */
export interface LoginBlock {
  /** As in `192.0.2.7/32`. */
  readonly network: string
  readonly badTokens: number
  /** Since it was blocked. */
  readonly ageMs: number
  /** Until it may try again. */
  readonly leftMs: number
}

interface Tally {
  /** When the window, or the block, began. */
  since: number
  badTokens: number
  /** Tries by a MAC of what was shown, so that a dump of them gives nobody a token. At most as many as bad tokens. */
  readonly tries: Map<string, number>
}

/** Reasons of a refusal that show no token of ours. Whoever proves a token that has been stopped guesses nothing. */
const BAD_TOKEN: ReadonlySet<string> = new Set(['unknown_account', 'wrong_token', 'malformed_token'])

/** Whether a login was refused for its token. */
export function showsBadToken(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'credentials_rejected' && BAD_TOKEN.has(error.reason)
}

export class FailedLogins {
  readonly #options: FailedLoginsOptions
  readonly #macKey = randomBytes(32)
  readonly #records: LRUCache<string, Tally>

  constructor(options: FailedLoginsOptions) {
    this.#options = options
    this.#records = new LRUCache({ max: options.maxNetworks })
  }

  /** Throws a Refusal `too_many_failed_logins` while the network of the address is blocked, whatever it would show. */
  check(address: string): void {
    const leftMs = this.#leftMs(this.#current(this.#networkOf(address)))
    if (leftMs === 0) return
    throw new Refusal('too_many_failed_logins', { retryAfterSeconds: Math.ceil(leftMs / 1000) })
  }

  /** Counts a bad token against the network that showed it. */
  add({ address, claimed, token }: FailedLogin): void {
    const network = this.#networkOf(address)
    const tally: Tally = this.#current(network) ?? { since: this.#options.now(), badTokens: 0, tries: new Map() }
    // Logins that were under way when it was blocked.
    if (this.#isBlocked(tally)) return
    this.#records.set(network, tally)
    const mac = this.#macOf(claimed, token)
    const before = tally.tries.get(mac) ?? 0
    tally.tries.set(mac, before + 1)
    const isOneMore = token === null ? before % this.#options.triesAsOne === 0 : before === 0
    if (isOneMore) tally.badTokens++
    if (this.#isBlocked(tally)) this.#block(network, tally)
  }

  /** How many networks are blocked. */
  get size(): number {
    return this.blocks().length
  }

  /** Lists the networks that are blocked. */
  blocks(): readonly LoginBlock[] {
    const now = this.#options.now()
    const found: LoginBlock[] = []
    this.#records.forEach((tally, network) => {
      const leftMs = this.#leftMs(tally)
      if (leftMs > 0) found.push({ network, badTokens: tally.badTokens, ageMs: now - tally.since, leftMs })
    })
    return found
  }

  /** Takes in what admins decided: a network that may try again has nothing held against it. */
  changed(changes: readonly Pick<Change, 'kind' | 'network'>[]): void {
    for (const { kind, network } of changes) {
      if (kind !== 'login-block-removed' || network === null) continue
      const parsed = parseNetwork(network)
      if (parsed) this.#records.delete(formatNetwork(masked(parsed)))
    }
  }

  #block(network: string, tally: Tally): void {
    tally.since = this.#options.now()
    tally.tries.clear()
    const { badTokens } = tally
    this.#options.blocked({ network, badTokens, ageMs: 0, leftMs: this.#options.windowMs })
  }

  /** What is held against a network, unless its window is over. */
  #current(network: string): Tally | undefined {
    const tally = this.#records.get(network)
    if (!tally || this.#options.now() - tally.since < this.#options.windowMs) return tally
    this.#records.delete(network)
    return undefined
  }

  #isBlocked({ badTokens }: Tally): boolean {
    return badTokens >= this.#options.maxBadTokens
  }

  /** 0: it is not blocked, or no more. */
  #leftMs(tally: Tally | undefined): number {
    if (!tally || !this.#isBlocked(tally)) return 0
    return Math.max(0, tally.since + this.#options.windowMs - this.#options.now())
  }

  #networkOf(address: string): string {
    return networkOf(address, this.#options.prefixes)
  }

  #macOf(claimed: string, token: string | null): string {
    // A claimed name may have any byte but zero, and no token is empty.
    return createHmac('sha256', this.#macKey)
      .update(`${claimed}\0${token ?? ''}`)
      .digest('base64')
  }
}
