// Who is at the door, and whether they may come in: the one place where state, expiry, the revocation list and the address are
// weighed, for logins, for live sessions and for the API alike.

import type { CredentialReason } from '../errors.js'
import type { AccountRecord, KeyRecord, Seq } from './account.js'
import { isWithin } from '../model/network.js'
import type { RevocationList } from './revocation-list.js'
import type { Loaded } from './sources.js'

/** An account, by one of its keys whose secret was shown, as of a change number. */
export interface Principal {
  readonly account: AccountRecord
  readonly key: KeyRecord
  readonly asOf: Seq
}

/** What a principal is weighed with. */
export interface Terms {
  readonly revocations: RevocationList
  /** The client's address; null: wherever it may be. */
  readonly address: string | null
}

/** Decides on an account whose key `keyId` has been proved, or none of whose keys has. */
export function judge(
  { asOf, value: account }: Loaded<AccountRecord>,
  keyId: string | undefined,
  terms: Terms,
): Principal | CredentialReason {
  if (!account) return 'unknown_account'
  const key = account.keys.find(candidate => candidate.id === keyId)
  if (!key) return 'wrong_token'
  const principal = { account, key, asOf }
  return objection(principal, terms) ?? principal
}

/** Tells why a principal whose secret is right must still be refused, or null. */
export function objection(principal: Principal, { revocations, address }: Terms): CredentialReason | null {
  const { account, key, asOf } = principal
  if (key.revoked) return 'revoked'
  if (key.expiresAt !== null && key.expiresAt <= revocations.storeNow()) return 'expired'
  if (account.state !== 'active') return account.state
  const stop = revocations.stopFor({ keyId: key.id, accountId: account.id, asOf })
  if (stop) return stop
  // Last, so that the log says of a stopped key that it is stopped, wherever it is tried.
  return address === null || mayComeFrom(account, address) ? null : 'address'
}

/** Whether an account may be used from this address. */
export function mayComeFrom({ allowFrom }: Pick<AccountRecord, 'allowFrom'>, address: string): boolean {
  return allowFrom === null || isWithin(address, allowFrom)
}
