// Explains what a login of an account to a database would come to, by the functions that decide about one.

import type { DenialReason } from '../errors.js'
import type { AccountRecord } from './account.js'
import { explain, type Reach } from './policy.js'
import { judge } from './principal.js'
import type { RevocationList } from './revocation-list.js'
import type { Loaded } from './sources.js'

/** Why an account can not log in at all, whichever of its keys is used. */
export type AccountReason =
  /** No account of that name. */
  | 'unknown_account'
  /** The account is disabled. */
  | 'disabled'
  /** The account was deleted. */
  | 'deleted'
  /** It has no key that is neither revoked nor expired. */
  | 'no_active_key'

/** Tells what an account would have on the database of this name, or the first thing that stands in the way. */
export function explainLogin(
  loaded: Loaded<AccountRecord>,
  database: string,
  revocations: RevocationList,
): Reach | AccountReason | DenialReason {
  const { value: account } = loaded
  if (!account) return 'unknown_account'
  if (account.state !== 'active') return account.state
  const canLogIn = account.keys.some(({ id }) => typeof judge(loaded, id, revocations) !== 'string')
  return canLogIn ? explain(account, database) : 'no_active_key'
}
