// From a principal and a database name to the login that stands for them.

import { Refusal, storeRefusal } from '../errors.js'
import type { Role, Seq } from './account.js'
import type { Principal } from './principal.js'
import type { DatabaseRecord, Login } from './database.js'
import type { FreshCache } from './fresh-cache.js'
import { explain } from './policy.js'

/** A yes of the policy, with all that is needed to act on it. */
export interface Grant {
  readonly role: Role
  readonly database: DatabaseRecord
  readonly login: Login
  /** The older one of the snapshots that it was decided on. */
  readonly asOf: Seq
}

/** Decides what the principal gets on the database of this name. Rejects with a Refusal: `database_denied` for
 * unknown and not granted alike, `store_unavailable` or `secrets_unreadable` when the database's record cannot be read. */
export async function grantFor(
  principal: Principal,
  databaseName: string,
  databases: FreshCache<DatabaseRecord>,
): Promise<Grant> {
  const reach = explain(principal.account, databaseName)
  if (typeof reach === 'string') throw new Refusal('database_denied', { reason: reach })
  const { asOf, value: database } = await databases.get(reach.databaseId).catch((cause: unknown) => {
    throw storeRefusal(cause)
  })
  if (!database) throw new Refusal('database_denied', { reason: 'not_granted' })
  return { role: reach.role, database, login: database.logins[reach.role], asOf: Math.min(principal.asOf, asOf) }
}
