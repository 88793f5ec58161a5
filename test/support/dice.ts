// Chance that can be had again: the same seed gives the same throws (mulberry32).

export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A number from 0 up to, but not, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from')
    return from[this.below(from.length)] as T
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }
}

/** The seed of this run: POSTERN_SEED, or the one given, or another one each time. Tell it to whoever wants the run again. */
export function runSeed(usual = Math.floor(Math.random() * 2 ** 31)): number {
  return Number(process.env['POSTERN_SEED'] ?? usual)
}
