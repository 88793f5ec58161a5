// Finds a key for a caller who may see or manage its account. One that they may not is "not found".

import { getAccount, type Account } from '../store/accounts.js'
import type { ApiKey } from '../store/api-key.js'
import { getKey } from '../store/keys.js'
import type { Executor } from '../store/pool.js'
import { mayManage, maySee, orNotFound, type Purpose } from './access.js'
import type { Caller } from './authorize.js'
import { Problem } from './problem.js'

/** Finds a key with its account, which may be a deleted one.
 * @throws Problem `key_not_found` */
export async function findKey(
  db: Executor,
  caller: Caller,
  id: string,
  purpose: Purpose,
): Promise<{ key: ApiKey; account: Account }> {
  const key = await orNotFound('key_not_found', getKey(db, id))
  const account = await getAccount(db, key.accountId)
  if (!(purpose === 'see' ? maySee : mayManage)(caller, account)) throw new Problem('key_not_found')
  return { key, account }
}
