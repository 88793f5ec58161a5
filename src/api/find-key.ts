// Finds a key for a caller who may see or manage its account. One that they may not is "not found".

import { getAccount, type Account } from '../store/accounts.js'
import type { ApiKey } from '../store/api-key.js'
import { getKey } from '../store/keys.js'
import type { Executor } from '../store/pool.js'
import { orNotFound, requireAccess, type Purpose } from './access.js'
import type { Caller } from './authorize.js'

/** Finds a key with its account, which may be a deleted one.
 * @throws Problem `key_not_found`, or `permission_denied` for one that they may only see */
export async function findKey(
  db: Executor,
  caller: Caller,
  id: string,
  purpose: Purpose,
): Promise<{ key: ApiKey; account: Account }> {
  const key = await orNotFound('key_not_found', getKey(db, id))
  const account = await getAccount(db, key.accountId)
  requireAccess(caller, account, purpose, 'key_not_found')
  return { key, account }
}
