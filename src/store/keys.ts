// API keys: made with a limit, listed, and revoked. The token itself never comes here.

import type { Credential, EpochMs } from '../auth/account.js'
import { withoutToken } from '../model/redact.js'
import { KEY_SQL, STATE_SQL, type ApiKey, type KeyState } from './api-key.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import { lockChanges, type Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

export interface NewKey {
  readonly id: string
  readonly accountId: string
  readonly name?: string | null
  readonly description?: string | null
  readonly expiresAt?: EpochMs | null
  /** How long it works, by the clock of the store, in place of `expiresAt`: other machines' clocks may be wrong, or jump. */
  readonly lifetimeMs?: number | null
  /** Id of the account that makes it. */
  readonly createdBy?: string | null
  readonly credential: Credential
}

/** Adds a key to an account that is not deleted. An active key is neither revoked nor expired.
 * @param limit active keys that the account may have, this one among them.
 * @throws StoreError `not_found`, or `key_limit_reached`: also when other keys are made at the same moment. */
export async function createKey(tx: Transaction, key: NewKey, limit: number): Promise<ApiKey> {
  await lockAccount(tx, key.accountId)
  const active = await countActiveKeys(tx, key.accountId)
  if (active >= limit) throw new StoreError('key_limit_reached', 'create a key')
  const { storedKey, serverKey, argon2 } = key.credential
  const [made] = await tx.run<ApiKey>(
    'create a key',
    `insert into postern.api_keys as k (id, account_id, name, description, expires_at, stored_key, server_key, argon2, created_by)
     values ($1, $2, $3, $4,
       coalesce(to_timestamp($5::double precision / 1000), now() + $10::double precision * interval '1 millisecond'),
       $6, $7, $8, $9) returning ${KEY_SQL}`,
    [
      key.id,
      key.accountId,
      withoutToken(key.name),
      withoutToken(key.description),
      key.expiresAt,
      storedKey,
      serverKey,
      argon2,
      key.createdBy,
      key.lifetimeMs,
    ],
  )
  return found(made, 'create a key')
}

/** Counts the keys of an account that are neither revoked nor expired. */
export async function countActiveKeys(db: Executor, accountId: string): Promise<number> {
  const [row] = await db.run<{ count: number }>(
    'count active keys',
    `select count(*)::integer as count from postern.api_keys where account_id = $1 and ${ACTIVE_SQL}`,
    [accountId],
  )
  return row?.count ?? 0
}

/** Lists the keys of an account, those in one state or all, oldest first. */
export async function listKeys(
  db: Executor,
  accountId: string,
  request: PageRequest,
  state?: KeyState,
): Promise<Page<ApiKey>> {
  if (!isUuid(accountId)) return { items: [], next: null }
  const [createdAt, id] = decodeCursor(request.cursor, 2)
  const rows = await db.run<PlacedKey>(
    'list keys',
    `select ${KEY_SQL}, k.created_at::text as place from postern.api_keys k
     where k.account_id = $1 and ($2::text is null or (k.created_at, k.id) > ($2::timestamptz, $3))
       and ($5::text is null or ${STATE_SQL} = $5)
     order by k.created_at, k.id limit $4`,
    [accountId, createdAt, id, request.limit + 1, state],
  )
  const page = toPage(rows, request.limit, row => [row.place, row.id])
  return { items: page.items.map(({ place: _place, ...key }) => key), next: page.next }
}

/** @throws StoreError `not_found` */
export async function getKey(db: Executor, keyId: string): Promise<ApiKey> {
  const [key] = await db.run<ApiKey>('get a key', `select ${KEY_SQL} from postern.api_keys k where k.id = $1`, [keyId])
  return found(key, 'get a key')
}

/** Finds the name of the account that a key is of, also when it is deleted. null: there is no such key. */
export async function findKeyOwner(db: Executor, keyId: string): Promise<string | null> {
  if (!/^[0-9A-Za-z]{12}$/.test(keyId)) return null
  const [row] = await db.run<{ name: string }>(
    "find a key's owner",
    'select a.name from postern.api_keys k join postern.accounts a on a.id = k.account_id where k.id = $1',
    [keyId],
  )
  return row?.name ?? null
}

/** Gives a key another name and description.
 * @throws StoreError `not_found` */
export async function editKey(
  db: Executor,
  keyId: string,
  { name, description }: Pick<ApiKey, 'name' | 'description'>,
): Promise<ApiKey> {
  const [key] = await db.run<ApiKey>(
    'edit a key',
    `update postern.api_keys k set name = $2, description = $3 where id = $1 returning ${KEY_SQL}`,
    [keyId, withoutToken(name), withoutToken(description)],
  )
  return found(key, 'edit a key')
}

/** Revokes one key and no other. Revoking it again changes nothing: the first time stands.
 * @throws StoreError `not_found` */
export async function revokeKey(db: Executor, keyId: string): Promise<ApiKey> {
  const [key] = await db.run<ApiKey>(
    'revoke a key',
    `update postern.api_keys k set revoked_at = coalesce(revoked_at, now()) where id = $1 returning ${KEY_SQL}`,
    [keyId],
  )
  return found(key, 'revoke a key')
}

/** Ids of keys that were revoked together. */
export interface RevokedKeys {
  /** Those that were active until then. */
  readonly active: string[]
  /** Those that had expired before: they stay refused even if the store's clock is set back. */
  readonly expired: string[]
}

/** Revokes every key of an account that is not revoked yet. */
export async function revokeAllKeys(db: Executor, accountId: string): Promise<RevokedKeys> {
  if (!isUuid(accountId)) throw new StoreError('not_found', 'revoke all keys')
  const rows = await db.run<{ id: string; wasActive: boolean }>(
    'revoke all keys',
    `update postern.api_keys set revoked_at = now() where account_id = $1 and revoked_at is null
     returning id, (expires_at is null or expires_at > now()) as "wasActive"`,
    [accountId],
  )
  const ids = (wasActive: boolean) => rows.filter(row => row.wasActive === wasActive).map(row => row.id)
  return { active: ids(true), expired: ids(false) }
}

/** True of keys that are neither revoked nor expired, by the store's clock. */
export const ACTIVE_SQL = '(revoked_at is null and (expires_at is null or expires_at > now()))'

// The time to the microsecond, which milliseconds would round: a cursor must name one place only.
type PlacedKey = ApiKey & { readonly place: string }

// The row lock makes counting and inserting one step for all who make keys of this account.
async function lockAccount(tx: Transaction, accountId: string): Promise<void> {
  if (!isUuid(accountId)) throw new StoreError('not_found', 'create a key')
  await lockChanges(tx)
  const rows = await tx.run(
    'create a key',
    'select from postern.accounts where id = $1 and deleted_at is null for update',
    [accountId],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'create a key')
}

function found<T>(row: T | undefined, doing: string): T {
  if (row === undefined) throw new StoreError('not_found', doing)
  return row
}
