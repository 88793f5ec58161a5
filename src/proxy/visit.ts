// One connection's notes from accept on: its reference id, where it came from, and how long each phase of the login took.

import { randomInt } from 'node:crypto'
import { REFERENCE_ALPHABET } from '../model/reference.js'
import type { Phase } from './events.js'

export class Visit {
  /** Names this connection in the log and, in a refusal's DETAIL, to the client. Not a secret. */
  readonly reference = newReference()
  readonly clientAddress: string
  readonly clientPort: number
  /** Seconds spent in each phase so far. */
  readonly phases: Partial<Record<Phase, number>> = {}
  /** Where the login is: what a client that goes away now has abandoned. */
  phase: Phase | 'startup' = 'startup'
  /** The account's id, once it has been authenticated. */
  accountId: string | null = null
  /** The account, once it is known to exist. A claimed name is never kept: people paste tokens into the user field. */
  account: string | null = null
  /** The key, once its token has been proved: also when it is one that may no longer come in. */
  keyId: string | null = null
  /** What the client calls itself, once its account has been authenticated. */
  application: string | null = null
  /** The database asked for, once its account has been authenticated. */
  database: string | null = null
  /** Whether the client asked for a session by a valid start-up packet: health checks and port scans never do. */
  isLogin = false
  readonly #now: () => number
  readonly #startedAt: number

  constructor(client: { readonly address: string; readonly port: number }, now: () => number) {
    this.clientAddress = client.address
    this.clientPort = client.port
    this.#now = now
    this.#startedAt = now()
  }

  /** Seconds since accept. */
  seconds(): number {
    return (this.#now() - this.#startedAt) / 1000
  }

  /** Runs a step of the login, and adds its time to the phase's. */
  async time<T>(phase: Phase, step: () => Promise<T>): Promise<T> {
    const before = this.#now()
    this.phase = phase
    try {
      return await step()
    } finally {
      this.phases[phase] = (this.phases[phase] ?? 0) + (this.#now() - before) / 1000
    }
  }
}

function newReference(): string {
  const characters = Array.from({ length: 10 }, () => REFERENCE_ALPHABET[randomInt(REFERENCE_ALPHABET.length)])
  return `${characters.slice(0, 5).join('')}-${characters.slice(5).join('')}`
}
