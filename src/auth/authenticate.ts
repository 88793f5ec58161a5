// Turns a proof or a token into a Principal, or into the one refusal that does not say why.
//
// Unknown, wrong, expired, disabled and revoked take the same steps and the same work; the true reason goes to the log.

import { randomBytes } from 'node:crypto'
import { Refusal, type CredentialReason } from '../errors.js'
import { tlsServerEndPoint } from '../scram/channel-binding.js'
import { doomedKeys, doomedSalt } from '../scram/doomed.js'
import { ScramError } from '../scram/scram-error.js'
import { ScramServer } from '../scram/server.js'
import type { AccountRecord, KeyRecord, Seq } from './account.js'
import { SCRAM_ITERATIONS } from './credential.js'
import type { FreshCache } from './fresh-cache.js'
import type { RevocationList } from './revocation-list.js'
import type { Loaded } from './sources.js'
import { BusyError, type TokenVerifier } from './token-verifier.js'
import { parseToken } from './token.js'

/** Who is at the door: an account, by one of its keys, as of a change number. */
export interface Principal {
  readonly account: AccountRecord
  readonly key: KeyRecord
  readonly asOf: Seq
}

export interface AuthenticatorOptions {
  /** Keyed by account name. */
  readonly accounts: FreshCache<AccountRecord>
  readonly revocations: RevocationList
  readonly verifier: TokenVerifier
  /** Makes the salt of an unknown account stable over time and over instances. 32 bytes, the same on all instances. */
  readonly doomedSecret: Buffer
}

/** A refusal on a record older than this is thought over once, on a new one: the key may be brand new, or the account
 * enabled again. Every refusal, so that they all take the same steps. */
const RECHECK_AFTER_MS = 1000

/** The longest name that an account can have, an e-mail address: RFC 5321, section 4.5.3.1.3. */
const MAX_NAME_LENGTH = 254

export class Authenticator {
  readonly #options: AuthenticatorOptions

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** Begins a SCRAM exchange for the account `name`. `certificate` is the server certificate (DER) of the TLS
   * connection, or null without TLS: then channel binding is not offered. */
  scram(name: string, certificate: Buffer | null): ScramLogin {
    return new ScramLogin(name, certificate, this.#options)
  }

  /** Checks a token that was sent as a password. Rejects with a Refusal. */
  async password(name: string, token: string): Promise<Principal> {
    const parsed = parseToken(token)
    // The form of a token is public, so this tells nothing, and a guess without it costs no look-up and no hash.
    if (!parsed) throw new Refusal('credentials_rejected', { reason: 'malformed_token' })
    const { accounts, verifier } = this.#options
    const wanted = searchable(name)
    const check = async (loaded: Loaded<AccountRecord>): Promise<Principal | CredentialReason> => {
      const key = loaded.value?.keys.find(candidate => candidate.id === parsed.keyId) ?? null
      const matches = await verifier.verify(token, key?.argon2 ?? null)
      return judge(loaded, matches ? key?.id : undefined, this.#options.revocations)
    }
    let verdict = await check(await lookUp(accounts.get(wanted))).catch(asRefusal)
    if (typeof verdict === 'string') {
      verdict = await check(await lookUp(accounts.getYoungerThan(wanted, RECHECK_AFTER_MS))).catch(asRefusal)
    }
    if (typeof verdict === 'string') throw new Refusal('credentials_rejected', { reason: verdict })
    return verdict
  }
}

/** One SCRAM exchange. The methods are called in order: mechanisms, first, final. */
export class ScramLogin {
  readonly #name: string
  readonly #options: AuthenticatorOptions
  readonly #server: ScramServer
  #loaded: Loaded<AccountRecord> | undefined

  constructor(name: string, certificate: Buffer | null, options: AuthenticatorOptions) {
    this.#name = name
    this.#options = options
    this.#server = new ScramServer({
      serverNonce: randomBytes(18).toString('base64'), // SCRAM_RAW_NONCE_LEN, postgres scram-common.h
      channelBinding: certificate && tlsServerEndPoint(certificate),
    })
  }

  /** The account's name once `first` has found that it exists, or null: a claimed name is not to be trusted. */
  get account(): string | null {
    return this.#loaded?.value?.name ?? null
  }

  mechanisms(): string[] {
    return this.#server.mechanisms()
  }

  /** Takes client-first-message, looks up the account, and answers server-first-message. */
  async first(mechanism: string, data: Buffer): Promise<Buffer> {
    asProtocolError(() => this.#server.clientFirst(mechanism, data))
    this.#loaded = await lookUp(this.#options.accounts.get(searchable(this.#name)))
    const scram = this.#loaded.value?.scram ?? {
      salt: doomedSalt(this.#name, this.#options.doomedSecret),
      iterations: SCRAM_ITERATIONS,
    }
    return this.#server.serverFirst(scram)
  }

  /** Takes client-final-message; answers who it was, with server-final-message. Rejects with a Refusal. */
  async final(data: Buffer): Promise<{ readonly principal: Principal; readonly serverFinal: Buffer }> {
    const loaded = this.#loaded
    if (!loaded) throw new Error('final before first')
    const { accounts, revocations } = this.#options
    let match = asProtocolError(() => this.#server.clientFinal(data, candidates(loaded.value)))
    let verdict = judge(loaded, match?.id, revocations)
    if (typeof verdict === 'string') {
      const renewed = await lookUp(accounts.getYoungerThan(searchable(this.#name), RECHECK_AFTER_MS))
      // An account made since, or anew under the same name, has another salt: this exchange can't be for it.
      const isSame = loaded.value !== null && renewed.value?.scram.salt.equals(loaded.value.scram.salt) === true
      match = this.#server.recheck(candidates(isSame ? renewed.value : null))
      verdict = judge(renewed, match?.id, revocations)
    }
    if (typeof verdict === 'string' || !match) {
      throw new Refusal('credentials_rejected', { reason: typeof verdict === 'string' ? verdict : 'wrong_token' })
    }
    return { principal: verdict, serverFinal: match.serverFinal }
  }
}

/** Decides on an account whose key `keyId` has been proved, or none of whose keys has. */
function judge(
  { asOf, value: account }: Loaded<AccountRecord>,
  keyId: string | undefined,
  revocations: RevocationList,
): Principal | CredentialReason {
  if (!account) return 'unknown_account'
  const key = account.keys.find(candidate => candidate.id === keyId)
  if (!key) return 'wrong_token'
  const principal = { account, key, asOf }
  return objection(principal, revocations) ?? principal
}

/** Tells why a principal whose secret is right must still be refused, or null. The one place where state, expiry and
 * the revocation list are weighed: for logins and for live sessions alike. */
export function objection(principal: Principal, revocations: RevocationList): CredentialReason | null {
  const { account, key, asOf } = principal
  if (key.revoked) return 'revoked'
  if (key.expiresAt !== null && key.expiresAt <= revocations.storeNow()) return 'expired'
  if (account.state !== 'active') return account.state
  return revocations.stopFor({ keyId: key.id, accountId: account.id, asOf })
}

/** A doomed key stands in for an account without any, so that there is always a proof to compute. */
function candidates(account: AccountRecord | null | undefined): readonly (KeyRecord | ReturnType<typeof doomed>)[] {
  return account && account.keys.length > 0 ? account.keys : [doomed()]
}

function doomed() {
  return { id: '', ...doomedKeys() }
}

/** What to look up for a claimed name. One that is too long for any account becomes none: the cache remembers what it was
 * asked for, and a start-up packet has room for names of 10 kB. */
function searchable(name: string): string {
  return name.length > MAX_NAME_LENGTH ? '' : name
}

async function lookUp<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new Refusal('store_unavailable', { cause })
  }
}

function asRefusal(error: unknown): never {
  throw error instanceof BusyError ? new Refusal('too_many_connections', { cause: error }) : error
}

function asProtocolError<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw error instanceof ScramError ? new Refusal('protocol_violation', { cause: error }) : error
  }
}
