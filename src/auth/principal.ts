// Who is at the door, and whether they may come in: the one place where state, expiry and the revocation list are weighed,
// for logins, for live sessions and for the API alike.

import type { CredentialReason } from '../errors.js'
import type { AccountRecord, KeyRecord, Seq } from './account.js'
import type { RevocationList } from './revocation-list.js'
import type { Loaded } from './sources.js'

/** An account, by one of its keys whose secret was shown, as of a change number. */
export interface Principal {
  readonly account: AccountRecord
  readonly key: KeyRecord
  readonly asOf: Seq
}

/** Decides on an account whose key `keyId` has been proved, or none of whose keys has. */
export function judge(
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

/** Tells why a principal whose secret is right must still be refused, or null. */
export function objection(principal: Principal, revocations: RevocationList): CredentialReason | null {
  const { account, key, asOf } = principal
  if (key.revoked) return 'revoked'
  if (key.expiresAt !== null && key.expiresAt <= revocations.storeNow()) return 'expired'
  if (account.state !== 'active') return account.state
  return revocations.stopFor({ keyId: key.id, accountId: account.id, asOf })
}
