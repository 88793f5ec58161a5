// What the data plane knows of an account: the record that a login is checked against, as one consistent snapshot.

import type { ScramKeys } from '../scram/keys.js'

/** reader < writer < admin */
export type Role = 'reader' | 'writer' | 'admin'

/** The roles from least to most. */
export const ROLES: readonly Role[] = ['reader', 'writer', 'admin']

/** Milliseconds since the Unix epoch, by the store's clock. */
export type EpochMs = number

/** A number of the store's change sequence, in commit order: a snapshot that shows n shows every change up to n. */
export type Seq = number

/** The stored form of a token. The token itself is nowhere. */
export interface Credential extends ScramKeys {
  /** argon2id in PHC form, for password listeners and the API. */
  readonly argon2: string
}

export interface KeyRecord extends Credential {
  /** 12 base62 characters; public. */
  readonly id: string
  /** null: does not expire. */
  readonly expiresAt: EpochMs | null
  readonly revoked: boolean
}

/** One reason why an account has a role on a database. */
export interface GrantRecord {
  readonly databaseId: string
  readonly database: string
  readonly role: Role
  /** The group that gives it, or null for a grant made to the account itself. */
  readonly group: string | null
}

/** What an account may reach, before policy decides. */
export type Scope =
  /** A person: own grants and those of their groups. */
  | { readonly type: 'personal'; readonly grants: readonly GrantRecord[] }
  | PinnedScope
  /** A machine whose roles are the union of its groups' grants. */
  | { readonly type: 'groups'; readonly grants: readonly GrantRecord[] }

/** A machine with one role on a fixed set of databases, never above what its maker has now. */
export interface PinnedScope {
  readonly type: 'pinned'
  readonly role: Role
  readonly databases: readonly { readonly id: string; readonly name: string }[]
  readonly maker: {
    readonly name: string
    readonly state: AccountState
    readonly grants: readonly GrantRecord[]
  }
}

export type AccountState = 'active' | 'disabled' | 'deleted'

export interface AccountRecord {
  readonly id: string
  /** Unique among accounts that are not deleted; the `user` of a connection. */
  readonly name: string
  readonly kind: 'personal' | 'service'
  readonly state: AccountState
  /** One salt and count for all keys of the account: the salt is sent before it is known which key is meant. */
  readonly scram: { readonly salt: Buffer; readonly iterations: number }
  /** All keys that are not deleted, revoked and expired ones too: so that the log can tell why. */
  readonly keys: readonly KeyRecord[]
  readonly scope: Scope
  /** The networks that it may log in from, as in `10.0.0.0/8`; null: from anywhere. */
  readonly allowFrom: readonly string[] | null
}
