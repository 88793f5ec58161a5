// Rotation: a new key takes the place of an old one, which goes on working for a while, so that nothing has to stop.

import type { ApiKey } from './api-key.js'
import { ACTIVE_SQL, createKey, getKey, type NewKey } from './keys.js'
import { StoreError } from './store-error.js'
import { lockChanges, type Transaction } from './transaction.js'

export interface Rotation {
  readonly keyId: string
  /** How long the old key goes on working: no longer than it would have anyway. 0: it is revoked now. */
  readonly graceMs: number
  /** Makes the successor of the key as it is when it is rotated. */
  readonly successor: (old: ApiKey) => NewKey
  /** Active keys that the account may have: the old one counts while it works. */
  readonly limit: number
}

export interface Rotated {
  /** The old key as it was, and as it is. */
  readonly before: ApiKey
  readonly old: ApiKey
  readonly successor: ApiKey
}

/** Makes a successor and lets the old key expire.
 * @throws StoreError `not_found`, `key_limit_reached`, or `key_not_active` for a key that no longer works, or that has a
 * successor which does */
export async function rotateKey(tx: Transaction, rotation: Rotation): Promise<Rotated> {
  const { keyId, graceMs, limit } = rotation
  await lockChanges(tx)
  const before = await getKey(tx, keyId)
  if (before.state !== 'active' || (await hasActiveSuccessor(tx, before))) {
    throw new StoreError('key_not_active', 'rotate a key')
  }
  await tx.run('let a rotated key expire', EXPIRE_SQL, [keyId, graceMs])
  const successor = await createKey(tx, rotation.successor(before), limit)
  await tx.run('name the successor', 'update postern.api_keys set successor_id = $2 where id = $1', [
    keyId,
    successor.id,
  ])
  return { before, old: await getKey(tx, keyId), successor }
}

/** Tells how long a key was made to work, in milliseconds; null: for ever. */
export function lifetimeOf({ createdAt, expiresAt }: Pick<ApiKey, 'createdAt' | 'expiresAt'>): number | null {
  return expiresAt === null ? null : expiresAt - createdAt
}

async function hasActiveSuccessor(tx: Transaction, { successorId }: ApiKey): Promise<boolean> {
  if (successorId === null) return false
  const sql = `select from postern.api_keys where id = $1 and ${ACTIVE_SQL}`
  return (await tx.run('look for a successor', sql, [successorId])).length > 0
}

// least() leaves out what is null: a key without an expiry gets one.
const EXPIRE_SQL = `update postern.api_keys set
    revoked_at = case when $2::double precision = 0 then now() end,
    expires_at = case when $2 = 0 then expires_at else least(expires_at, now() + $2 * interval '1 millisecond') end
  where id = $1`
