// A key as the store gives it out: everything but its credential.

import type { EpochMs } from '../auth/account.js'

/** A key as people see it. */
export interface ApiKey {
  /** 12 base62 characters; public. */
  readonly id: string
  readonly accountId: string
  readonly name: string | null
  readonly description: string | null
  /** By the store's clock. */
  readonly state: KeyState
  readonly createdAt: EpochMs
  /** Name of the account that made it; null: the command line did, or it is not known. */
  readonly createdBy: string | null
  /** null: does not expire. */
  readonly expiresAt: EpochMs | null
  readonly revokedAt: EpochMs | null
  /** Id of the key that took its place when it was rotated. */
  readonly successorId: string | null
  readonly lastUse: KeyUse | null
}

export type KeyState = 'active' | 'expired' | 'revoked'

export interface KeyUse {
  readonly at: EpochMs
  readonly address: string | null
  /** What the client called itself. */
  readonly application: string | null
  /** null: the API. */
  readonly database: string | null
}

/** What a key `k` is, by the store's clock. */
export const STATE_SQL = `case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired'
  else 'active' end`

/** The columns of an ApiKey, of a key `k`. */
export const KEY_SQL = `k.id, k.account_id as "accountId", k.name, k.description,
  postern.epoch_ms(k.created_at) as "createdAt", postern.epoch_ms(k.expires_at) as "expiresAt",
  postern.epoch_ms(k.revoked_at) as "revokedAt", k.successor_id as "successorId", ${STATE_SQL} as state,
  (select a.name from postern.accounts a where a.id = k.created_by) as "createdBy",
  (select json_build_object('at', postern.epoch_ms(u.used_at), 'address', u.address, 'application', u.application,
    'database', u.database) from postern.key_uses u where u.key_id = k.id) as "lastUse"`
