// When and from where each key was last used: by a session at the proxy, or by a request to the API.

import type { EpochMs } from '../auth/account.js'
import { redactDeep } from '../model/redact.js'
import type { Executor } from './pool.js'

export interface NewKeyUse {
  readonly keyId: string
  /** How long ago, in milliseconds. */
  readonly ageMs: number
  /** Address of the client. */
  readonly address: string
  /** What the client called itself. */
  readonly application: string | null
  /** null: it was used in the API. */
  readonly database: string | null
}

export interface KeyUse extends Omit<NewKeyUse, 'ageMs'> {
  /** By the store's clock. */
  readonly at: EpochMs
}

/** Takes in the newest use of each of these keys. A use that is older than the stored one changes nothing, and a key that
 * does not exist is passed over. */
export async function recordKeyUses(db: Executor, uses: readonly NewKeyUse[]): Promise<void> {
  if (uses.length === 0) return
  await db.run('record the use of keys', RECORD_SQL, [JSON.stringify(redactDeep(uses))])
}

/** Finds the last use of each of these keys that was ever used, by the key's id. */
export async function lastUses(db: Executor, keyIds: readonly string[]): Promise<ReadonlyMap<string, KeyUse>> {
  const rows = await db.run<KeyUse>(
    'look up the use of keys',
    `select key_id as "keyId", postern.epoch_ms(used_at) as at, address, application, database
     from postern.key_uses where key_id = any($1::text[])`,
    [keyIds],
  )
  return new Map(rows.map(row => [row.keyId, row]))
}

// In the order of ids: two instances that report the same keys must not wait for each other.
const RECORD_SQL = `
  insert into postern.key_uses (key_id, used_at, address, application, database)
  select k.id, now() - u."ageMs" * interval '1 millisecond', u.address, u.application, u.database
  from json_to_recordset($1::json) as u (
    "keyId" text, "ageMs" double precision, address text, application text, database text)
  join postern.api_keys k on k.id = u."keyId"
  order by k.id
  on conflict (key_id) do update
    set used_at = excluded.used_at, address = excluded.address, application = excluded.application,
      database = excluded.database
    where excluded.used_at > key_uses.used_at`
