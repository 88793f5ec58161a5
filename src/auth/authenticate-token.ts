// Authenticates a token alone, as the REST API gets it: the token names its key, the key its account.

import { Refusal, type CredentialReason } from '../errors.js'
import type { AccountRecord } from './account.js'
import { objection, type Principal } from './principal.js'
import type { RevocationList } from './revocation-list.js'
import type { Loaded } from './sources.js'
import type { TokenVerifier } from './token-verifier.js'
import { parseToken } from './token.js'

/** A token, and the address of whoever showed it. */
export interface ShownToken {
  readonly token: string
  readonly address: string
}

export interface TokenAuthenticationOptions {
  readonly source: { loadAccountByKeyId(keyId: string): Promise<Loaded<AccountRecord>> }
  readonly verifier: TokenVerifier
  readonly revocations: RevocationList
}

/** Tells whose token this is, by what the store says now. Rejects with a Refusal `credentials_rejected` that has the
 * true reason, `store_unavailable`'s cause as it came, or BusyError. */
export async function authenticateToken(
  { token, address }: ShownToken,
  options: TokenAuthenticationOptions,
): Promise<Principal> {
  const parsed = parseToken(token)
  if (!parsed) throw refusal('malformed_token')
  const { asOf, value: account } = await options.source.loadAccountByKeyId(parsed.keyId)
  const key = account?.keys.find(candidate => candidate.id === parsed.keyId) ?? null
  const matches = await options.verifier.verify(token, key?.argon2 ?? null)
  if (!account || !key) throw refusal('unknown_account')
  if (!matches) throw refusal('wrong_token')
  const principal = { account, key, asOf }
  const reason = objection(principal, { revocations: options.revocations, address })
  if (reason) throw refusal(reason)
  return principal
}

function refusal(reason: CredentialReason): Refusal {
  return new Refusal('credentials_rejected', { reason })
}
