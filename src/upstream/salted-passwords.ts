// Remembers SaltedPassword, the slow part of a SCRAM login: some milliseconds of CPU that each session would pay again.

import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { saltPassword } from '../scram/keys.js'

/** A least-recently-used cache, bounded by its number of entries. What it holds is as secret as the passwords. */
export class SaltedPasswords {
  readonly #max: number
  // In order of last use. Promises, so that logins that come together share one computation.
  readonly #entries = new Map<string, Promise<Buffer>>()

  /** @param max entries, some 300 bytes each; three logins a database need three */
  constructor(max = 1_000) {
    this.#max = max
  }

  /** How many are remembered. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Computes SaltedPassword (32 bytes) or remembers it. Cap `iterations` first. A changed password or salt is another
   * entry, and the old one ages out.
   */
  salt(of: { password: string; salt: Buffer; iterations: number }): Promise<Buffer> {
    const key = keyOf(of)
    const known = this.#entries.get(key)
    const salted = known ?? saltPassword(of)
    this.#entries.delete(key)
    this.#entries.set(key, salted)
    if (known === undefined) {
      salted.catch(() => this.#entries.delete(key))
      this.#evict()
    }
    return salted
  }

  #evict(): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#max && oldest !== undefined) this.#entries.delete(oldest)
  }
}

function keyOf({ password, salt, iterations }: { password: string; salt: Buffer; iterations: number }): string {
  const hash = createHash('sha256').update(password, 'utf8').digest('base64')
  return `${hash} ${salt.toString('base64')} ${iterations}`
}
