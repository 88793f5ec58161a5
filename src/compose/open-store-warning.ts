// Warns at the start when every login of the store's server may enter the store. `migrate` closes it, where it may.

import type { Logger } from '../ops/log.js'
import { sqlToClose } from '../store/close-to-public.js'
import type { Executor } from '../store/pool.js'

/** Never rejects: a store that does not answer is reported by others. */
export async function warnOfOpenStore(store: Executor, log: Logger): Promise<void> {
  const sql = await sqlToClose(store).catch(() => null)
  if (sql === null) return
  log.warn(
    { sql },
    "every login of the server may connect to the store's database: run the SQL as its owner or a superuser",
  )
}
