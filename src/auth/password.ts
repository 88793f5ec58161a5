// People's passwords: hashed and checked with argon2id, a few at a time. Unlike a token's, no verdict is remembered: people
// choose passwords, and an answer that comes faster the second time would tell who has tried what.

import argon2 from 'argon2'
import { ARGON2_OPTIONS } from './credential.js'
import { DoomedHash } from './doomed-hash.js'
import { Turns, type TurnsOptions } from './turns.js'

export class Passwords {
  readonly #turns: Turns
  readonly #doomed = new DoomedHash()

  constructor(options: TurnsOptions) {
    this.#turns = new Turns(options)
  }

  /** Makes what is stored of a password. Rejects with BusyError when too many wait. */
  hash(password: string): Promise<string> {
    return this.#turns.run(() => argon2.hash(normalize(password), ARGON2_OPTIONS))
  }

  /** Tells whether the password belongs to the hash; a null hash stands for a person who has none, takes the same work
   * and is never true. Rejects with BusyError when too many wait. */
  verify(password: string, hash: string | null): Promise<boolean> {
    return this.#turns.run(async () => {
      const matches = await argon2.verify(hash ?? (await this.#doomed.get()), normalize(password))
      return matches && hash !== null
    })
  }
}

/** What speaks against a new password, or null. Length is the rule that helps; the others stop what is tried first. */
export function weaknessOf(password: string, email: string): string | null {
  const { length } = [...password]
  if (length < MIN_PASSWORD_LENGTH) return `is shorter than ${MIN_PASSWORD_LENGTH} characters`
  if (length > MAX_PASSWORD_LENGTH) return `is longer than ${MAX_PASSWORD_LENGTH} characters`
  if (new Set(password).size < MIN_DISTINCT) return 'is made of too few different characters'
  const [name = ''] = email.split('@')
  const rest = password.toLowerCase().replaceAll(email, '').replaceAll(name, '')
  return rest.length < MIN_DISTINCT ? 'is little more than the e-mail address' : null
}

// NIST SP 800-63B s.5.1.1: long passwords are let in, rules of composition are not made.
export const MIN_PASSWORD_LENGTH = 12
export const MAX_PASSWORD_LENGTH = 128
const MIN_DISTINCT = 5

// The same character can be typed in several ways (SP 800-63B s.5.1.1.2).
function normalize(password: string): string {
  return password.normalize('NFKC')
}
