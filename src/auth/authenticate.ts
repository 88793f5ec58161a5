// Turns a proof or a token into a Principal, or into the one refusal that does not say why.
//
// Unknown, wrong, expired, disabled and revoked take the same steps and the same work; the true reason goes to the log.

import { Refusal, type CredentialReason } from '../errors.js'
import { AccountLookUp } from './account-look-up.js'
import type { AccountRecord } from './account.js'
import type { FreshCache } from './fresh-cache.js'
import { judge, type Principal } from './principal.js'
import type { RevocationList } from './revocation-list.js'
import { ScramLogin } from './scram-login.js'
import type { Loaded } from './sources.js'
import { type TokenVerifier } from './token-verifier.js'
import { BusyError } from './turns.js'
import { parseToken } from './token.js'

export interface AuthenticatorOptions {
  /** Keyed by account name. */
  readonly accounts: FreshCache<AccountRecord>
  readonly revocations: RevocationList
  readonly verifier: TokenVerifier
  /** Makes the salt of an unknown account stable over time and over instances. 32 bytes, the same on all instances. */
  readonly doomedSecret: Buffer
}

/** Who a client says that it is, and where it is in truth. */
export interface Claim {
  /** The account's name. */
  readonly name: string
  readonly address: string
}

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #accounts: AccountLookUp

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#accounts = new AccountLookUp(options.accounts)
  }

  /** Begins a SCRAM exchange for the account `name`. `certificate` is the server certificate (DER) of the TLS
   * connection, or null without TLS: then channel binding is not offered. */
  scram({ name, address }: Claim, certificate: Buffer | null): ScramLogin {
    const { revocations, doomedSecret } = this.#options
    return new ScramLogin({ name, address, certificate, accounts: this.#accounts, revocations, doomedSecret })
  }

  /** Checks a token that was sent as a password. Rejects with a Refusal. */
  async password({ name, address }: Claim, token: string): Promise<Principal> {
    const parsed = parseToken(token)
    // The form of a token is public, so this tells nothing, and a guess without it costs no look-up and no hash.
    if (!parsed) throw new Refusal('credentials_rejected', { reason: 'malformed_token' })
    const { verifier, revocations } = this.#options
    let keyId: string | undefined
    const check = async (loaded: Loaded<AccountRecord>): Promise<Principal | CredentialReason> => {
      const key = loaded.value?.keys.find(candidate => candidate.id === parsed.keyId) ?? null
      const matches = await verifier.verify(token, key?.argon2 ?? null).catch(asRefusal)
      keyId = matches ? key?.id : undefined
      return judge(loaded, keyId, { revocations, address })
    }
    let verdict = await check(await this.#accounts.find(name))
    if (typeof verdict === 'string') verdict = await check(await this.#accounts.findAnew(name))
    if (typeof verdict === 'string') throw new Refusal('credentials_rejected', { reason: verdict, keyId })
    return verdict
  }
}

function asRefusal(error: unknown): never {
  throw error instanceof BusyError ? new Refusal('too_many_logins', { cause: error }) : error
}
