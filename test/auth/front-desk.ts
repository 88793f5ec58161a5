// An Authenticator on accounts in memory, and clients that log in to it, for the tests of both its ways.

import { randomBytes } from 'node:crypto'
import type { AccountRecord } from '../../src/auth/account.js'
import { Authenticator } from '../../src/auth/authenticate.js'
import type { Principal } from '../../src/auth/principal.js'
import type { ScramLogin } from '../../src/auth/scram-login.js'
import { FreshCache } from '../../src/auth/fresh-cache.js'
import { RevocationList } from '../../src/auth/revocation-list.js'
import type { Change } from '../../src/auth/sources.js'
import { TokenVerifier, type TokenVerifierOptions } from '../../src/auth/token-verifier.js'
import { ScramClient, type ScramClientOptions } from '../../src/scram/client.js'
import { page, TestClock } from './sample.js'

const MAX_AGE_MS = 300_000

/** The store's clock when the front desk opens. */
export const STORE_TIME = 5_000_000

/** Where clients are, unless told otherwise. */
export const HOME = '192.0.2.1'

export const DOOMED_SECRET = randomBytes(32)

export class FrontDesk {
  readonly clock = new TestClock()
  readonly revocations = new RevocationList({ maxAgeMs: MAX_AGE_MS, loginTimeoutMs: 15_000, now: this.clock.now })
  readonly authenticator: Authenticator
  readonly verifier: TokenVerifier
  /** Names that the store was asked for. */
  readonly loads: string[] = []
  /** What the store shows. */
  readonly accounts = new Map<string, AccountRecord>()
  head = 1
  failure: Error | null = null
  hashes = 0

  constructor(accounts: readonly AccountRecord[] = [], verifier: Partial<TokenVerifierOptions> = {}) {
    for (const account of accounts) this.accounts.set(account.name, account)
    const { now } = this.clock
    const load = async (name: string) => {
      this.loads.push(name)
      if (this.failure) throw this.failure
      return { asOf: this.head, value: this.accounts.get(name) ?? null }
    }
    this.verifier = new TokenVerifier({
      maxVerdicts: 100,
      maxAgeMs: MAX_AGE_MS,
      concurrency: 2,
      maxQueue: 100,
      now,
      events: { cacheAsked: () => {}, hashed: () => this.hashes++ },
      ...verifier,
    })
    this.authenticator = new Authenticator({
      accounts: new FreshCache({ max: 100, maxAgeMs: MAX_AGE_MS, now, load }),
      revocations: this.revocations,
      verifier: this.verifier,
      doomedSecret: DOOMED_SECRET,
    })
    this.announce()
  }

  /** Changes what the store shows, without telling anybody. */
  change(account: AccountRecord): void {
    this.head++
    this.accounts.set(account.name, account)
  }

  /** Tells the revocation list of changes. */
  announce(...changes: readonly Change[]): void {
    const head = Math.max(this.head, ...changes.map(({ seq }) => seq))
    this.revocations.apply(page(changes, { head, storeTime: STORE_TIME }), this.clock.now())
  }

  scram(name: string, token: string, options: ScramOptions = {}): ScramVisit {
    const { certificate = null, address = HOME } = options
    return new ScramVisit(this.authenticator.scram({ name, address }, certificate), token, options)
  }

  password(name: string, token: string, address = HOME): Promise<Principal> {
    return this.authenticator.password({ name, address }, token)
  }
}

type ScramOptions = Partial<ScramClientOptions> & { readonly certificate?: Buffer; readonly address?: string }

/** What a client can see of an exchange, without what is random in it. */
export interface Seen {
  readonly mechanisms: string[]
  readonly nonceLength: number
  readonly saltLength: number
  readonly iterations: string | undefined
}

/** One client's exchange, step by step or all at once. */
export class ScramVisit {
  readonly login: ScramLogin
  readonly client: ScramClient
  challenge = ''

  constructor(login: ScramLogin, token: string, options: Partial<ScramClientOptions>) {
    this.login = login
    this.client = new ScramClient({ clientNonce: 'client-nonce', password: token, channelBinding: null, ...options })
  }

  /** The first round trip; returns what the client answers to the challenge. */
  async first(): Promise<Buffer> {
    const { mechanism, data } = this.client.first(this.login.mechanisms())
    const challenge = await this.login.first(mechanism, data)
    this.challenge = challenge.toString()
    return this.client.final(challenge)
  }

  /** Both round trips, at the end of which the server has proved itself too. */
  async run(): Promise<Principal> {
    const { principal, serverFinal } = await this.login.final(await this.first())
    this.client.verify(serverFinal)
    return principal
  }

  get salt(): string | undefined {
    return this.#attributes().salt
  }

  get seen(): Seen {
    const { nonce, salt, iterations } = this.#attributes()
    return {
      mechanisms: this.login.mechanisms(),
      nonceLength: nonce?.length ?? 0,
      saltLength: Buffer.from(salt ?? '', 'base64').length,
      iterations,
    }
  }

  #attributes() {
    const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(.*)$/.exec(this.challenge) ?? []
    return { nonce, salt, iterations }
  }
}
