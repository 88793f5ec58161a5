// Warns at the start when PUBLIC has rights to the store's database. `migrate` revokes them, where it may.

import type { Logger } from '../ops/log.js'
import { findOpening, openingText } from '../store/close-to-public.js'
import type { Executor } from '../store/pool.js'

/** Never rejects: a store that does not answer is reported by others. */
export async function warnOfOpenStore(store: Executor, log: Logger): Promise<void> {
  const opening = await findOpening(store).catch(() => null)
  if (opening === null) return
  log.warn({ sql: opening.sql }, `${openingText(opening)}: run the SQL as ${opening.runAs}`)
}
