// A cache of store answers that is never older than its limit and never goes backwards.
//
// Every answer carries the change number its snapshot shows (`asOf`); that number is the generation. A change that is
// announced while a load runs makes a late answer unusable, so the load is done again. An error never replaces an entry.

import { LRUCache } from 'lru-cache'
import type { Seq } from './account.js'
import type { Loaded } from './sources.js'

export interface FreshCacheOptions<T> {
  /** Entries kept; as many absences ("there is none") are kept beside them, so that guessed names evict no one. */
  readonly max: number
  readonly maxAgeMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly load: (key: string) => Promise<Loaded<T>>
  /** The newest change that is known: an answer that is older comes from a store that lags behind itself, and would bring
   * back what was taken away. Default: none is known. */
  readonly known?: () => Seq
}

interface Entry<T> {
  readonly loaded: Loaded<T>
  /** When the load began: the age counts from there. */
  readonly since: number
}

interface Flight<T> {
  readonly answer: Promise<Entry<T>>
  /** An answer older than this is loaded again. */
  floor: Seq
}

/** How often a load that is overtaken by changes is tried again before it fails. */
const MAX_OVERTAKEN = 5

export class FreshCache<T extends object> {
  readonly #options: FreshCacheOptions<T>
  readonly #present: LRUCache<string, Entry<T>>
  readonly #absent: LRUCache<string, Entry<T>>
  readonly #flights = new Map<string, Flight<T>>()

  constructor(options: FreshCacheOptions<T>) {
    this.#options = options
    this.#present = new LRUCache({ max: options.max })
    this.#absent = new LRUCache({ max: options.max })
  }

  /** Answers from the cache, or loads: once, however many ask at the same time. Past half of its life an entry is
   * loaded anew in the background, so that an outage of the store finds it young. Rejects as `load` does. */
  async get(key: string): Promise<Loaded<T>> {
    const entry = this.#entry(key)
    if (!entry) return (await this.#load(key)).loaded
    if (this.#ageMs(entry) > this.#options.maxAgeMs / 2) this.#load(key).catch(ignoreWhileFresh)
    return entry.loaded
  }

  /** Loads anew if the entry is older than `ms`: for a login that failed against what is cached. */
  async getYoungerThan(key: string, ms: number): Promise<Loaded<T>> {
    const entry = this.#entry(key)
    return entry && this.#ageMs(entry) <= ms ? entry.loaded : (await this.#load(key)).loaded
  }

  /** Drops what is older than change `seq`, and makes loads under way that do not show it start over. */
  invalidate(key: string, seq: Seq): void {
    const flight = this.#flights.get(key)
    if (flight) flight.floor = Math.max(flight.floor, seq)
    for (const entries of [this.#present, this.#absent]) {
      const entry = entries.peek(key)
      if (entry && entry.loaded.asOf < seq) entries.delete(key)
    }
  }

  /** Drops everything; loads under way must show change `seq`. */
  invalidateAll(seq: Seq): void {
    this.#present.clear()
    this.#absent.clear()
    for (const flight of this.#flights.values()) flight.floor = Math.max(flight.floor, seq)
  }

  #entry(key: string): Entry<T> | undefined {
    for (const entries of [this.#present, this.#absent]) {
      const entry = entries.get(key)
      if (entry && this.#ageMs(entry) < this.#options.maxAgeMs) return entry
    }
    return undefined
  }

  #ageMs(entry: Entry<T>): number {
    return this.#options.now() - entry.since
  }

  #load(key: string): Promise<Entry<T>> {
    const running = this.#flights.get(key)
    if (running) return running.answer
    // The floor must exist before the first await, so the flight is made before its answer.
    const flight: { answer?: Promise<Entry<T>>; floor: Seq } = { floor: this.#options.known?.() ?? 0 }
    const answer = this.#fly(key, flight).finally(() => this.#flights.delete(key))
    flight.answer = answer
    this.#flights.set(key, flight as Flight<T>)
    return answer
  }

  async #fly(key: string, flight: { readonly floor: Seq }): Promise<Entry<T>> {
    for (let attempt = 0; attempt < MAX_OVERTAKEN; attempt++) {
      const since = this.#options.now()
      const loaded = await this.#options.load(key)
      if (loaded.asOf < flight.floor) continue
      const entry = { loaded, since }
      this.#keep(key, entry)
      return entry
    }
    throw new Error('the store answers with a snapshot that is older than its own changes')
  }

  #keep(key: string, entry: Entry<T>): void {
    const [mine, other] = entry.loaded.value === null ? [this.#absent, this.#present] : [this.#present, this.#absent]
    const known = mine.peek(key) ?? other.peek(key)
    if (known && known.loaded.asOf > entry.loaded.asOf) return
    other.delete(key)
    mine.set(key, entry)
  }
}

/** The entry at hand is still good; a failed renewal is tried again by the next get. */
function ignoreWhileFresh(): void {}
