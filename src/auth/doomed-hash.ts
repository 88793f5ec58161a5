// The argon2id hash that a secret is checked against when there is none: so that what does not exist takes the same work.

import argon2 from 'argon2'
import { randomBytes } from 'node:crypto'
import { ARGON2_OPTIONS } from './credential.js'

export class DoomedHash {
  #hash: Promise<string> | undefined

  /** Begins to make it, so that the first check does not take twice the time of the others. */
  constructor() {
    this.get().catch(() => {})
  }

  /** Made once, and again should that fail. Of a random secret: nothing matches it. */
  get(): Promise<string> {
    this.#hash ??= argon2.hash(randomBytes(32), ARGON2_OPTIONS).catch((error: unknown) => {
      this.#hash = undefined
      throw error
    })
    return this.#hash
  }
}
