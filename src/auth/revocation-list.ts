// The cached revocation list: what was taken away lately, how far this instance has read, and how old that knowledge is.
//
// Entries serve the races: a login that began with an older record is stopped by them. They are kept for twice the
// longest life of any cached answer, and no shorter than a login may take that holds on to one; after that every record
// in use shows the change itself.

import type { EpochMs, Seq } from './account.js'
import type { Change, ChangePage } from './sources.js'

export interface RevocationListOptions {
  /** Older than this, the list is stale and the proxy fails closed. At most 300,000: the five-minute promise. */
  readonly maxAgeMs: number
  /** The longest that a login may take: to its end it may rest on the record that it began with. */
  readonly loginTimeoutMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Why a key or account is stopped. */
export type Stop = 'revoked' | 'disabled' | 'deleted'

interface Entry {
  readonly stop: Stop
  readonly seq: Seq
  readonly addedAt: number
}

export class RevocationList {
  readonly #options: RevocationListOptions
  readonly #keys = new Map<string, Entry>()
  readonly #accounts = new Map<string, Entry>()
  /** The newest change of each account and database, of whatever kind. */
  readonly #touched = new Map<string, { readonly seq: Seq; readonly addedAt: number }>()
  #head: Seq = 0
  #freshAt = -Infinity
  #storeOffset = Infinity

  constructor(options: RevocationListOptions) {
    this.#options = options
  }

  /** The newest change that is known here. */
  get head(): Seq {
    return this.#head
  }

  /** How many entries are held. */
  get size(): number {
    return this.#keys.size + this.#accounts.size
  }

  /** How old the knowledge is, in milliseconds: since the start of the last read that reached the head. Infinity
   * before the first. */
  ageMs(): number {
    return this.#options.now() - this.#freshAt
  }

  /** Whether the proxy must fail closed. */
  isStale(): boolean {
    return this.ageMs() >= this.#options.maxAgeMs
  }

  /** The store's clock, carried on by this machine's monotonic clock: a jump of the wall clock changes nothing.
   * Infinity before the first read: what may have expired has. */
  storeNow(): EpochMs {
    return this.#options.now() + this.#storeOffset
  }

  /** Takes in a page that was asked for at `startedAt` (monotonic) and returns the changes that are news, in order.
   * A late page can add but never take back or make the list look fresher than a newer read did. */
  apply(page: ChangePage, startedAt: number): readonly Change[] {
    const news = page.changes.filter(change => change.seq > this.#head)
    for (const change of news) this.#add(change)
    const last = page.changes.at(-1)
    const complete = !last || last.seq >= page.head
    const reached = complete ? page.head : last.seq
    if (reached >= this.#head) {
      this.#head = reached
      if (complete && startedAt > this.#freshAt) {
        this.#freshAt = startedAt
        // From the start of the read, so that a slow answer makes keys expire early rather than late.
        this.#storeOffset = page.storeTime - startedAt
      }
    }
    this.#forgetOld()
    return news
  }

  /** Goes back to an earlier change, for a store that did: its numbers from there on are given out anew, to other changes.
   * Revoked keys stay so; whoever calls this has everything else checked again. */
  goBackTo(head: Seq): void {
    this.#head = head
    this.#accounts.clear()
    this.#touched.clear()
  }

  /** Tells whether a login must stop that was checked against a record as of `asOf`. A revoked key stays so; an
   * account that was enabled again shows it in a newer record. */
  stopFor(login: { readonly keyId: string; readonly accountId: string; readonly asOf: Seq }): Stop | null {
    const key = this.#keys.get(login.keyId)
    if (key) return key.stop
    const account = this.#accounts.get(login.accountId)
    return account && account.seq > login.asOf ? account.stop : null
  }

  /** Tells whether the account or the database changed in any way after the snapshot a login was decided on. */
  isOvertaken(login: { readonly accountId: string; readonly databaseId: string; readonly asOf: Seq }): boolean {
    const newest = (id: string) => this.#touched.get(id)?.seq ?? 0
    return Math.max(newest(login.accountId), newest(login.databaseId)) > login.asOf
  }

  #add(change: Change): void {
    const addedAt = this.#options.now()
    for (const id of [change.accountId, change.databaseId]) {
      if (id === null) continue
      this.#touched.delete(id) // so that the newest is last, and the oldest is forgotten first
      this.#touched.set(id, { seq: change.seq, addedAt })
    }
    if (change.kind === 'key-revoked' && change.keyId !== null) {
      this.#keys.set(change.keyId, { stop: 'revoked', seq: change.seq, addedAt })
    }
    if (change.accountId === null) return
    const stop = STOPS[change.kind]
    if (!stop) return
    this.#accounts.delete(change.accountId)
    this.#accounts.set(change.accountId, { stop, seq: change.seq, addedAt })
  }

  #forgetOld(): void {
    const { maxAgeMs, loginTimeoutMs, now } = this.#options
    const before = now() - Math.max(2 * maxAgeMs, loginTimeoutMs)
    for (const entries of [this.#keys, this.#accounts, this.#touched]) {
      for (const [id, entry] of entries) {
        if (entry.addedAt >= before) break
        entries.delete(id)
      }
    }
  }
}

const STOPS: Partial<Record<Change['kind'], Stop>> = { 'account-disabled': 'disabled', 'account-deleted': 'deleted' }
