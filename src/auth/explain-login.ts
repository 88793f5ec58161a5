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
  /** It may not log in from the address that was asked about. */
  | 'address'

export interface ExplainedLogin {
  /** The database's name. */
  readonly database: string
  /** Where it would come from; null: wherever it may. */
  readonly address: string | null
}

/** Tells what an account would have on the database of this name, or the first thing that stands in the way. */
export function explainLogin(
  loaded: Loaded<AccountRecord>,
  { database, address }: ExplainedLogin,
  revocations: RevocationList,
): Reach | AccountReason | DenialReason {
  const { value: account } = loaded
  if (!account) return 'unknown_account'
  if (account.state !== 'active') return account.state
  const verdicts = account.keys.map(({ id }) => judge(loaded, id, { revocations, address }))
  if (verdicts.some(verdict => typeof verdict !== 'string')) return explain(account, database)
  return verdicts.includes('address') ? 'address' : 'no_active_key'
}
