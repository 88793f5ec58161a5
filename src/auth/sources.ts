// What authentication needs from the store, and nothing more. The store implements it; tests use the real store.

import type { AccountRecord, EpochMs, Seq } from './account.js'
import type { DatabaseRecord } from './database.js'

/** An answer of the store, with the newest change that its snapshot shows. */
export interface Loaded<T> {
  readonly asOf: Seq
  /** null: there is none. */
  readonly value: T | null
}

export interface AccountSource {
  /** Reads an account that is not deleted, by name. Rejects when the store does not answer in time. */
  loadAccount(name: string): Promise<Loaded<AccountRecord>>
}

export interface DatabaseSource {
  /** Reads a registered database by id. Rejects when the store does not answer in time. */
  loadDatabase(id: string): Promise<Loaded<DatabaseRecord>>
}

export type ChangeKind =
  /** The key stops at once. */
  | 'key-revoked'
  /** The account stops at once. */
  | 'account-disabled'
  /** The account stops for good. */
  | 'account-deleted'
  /** Keys, scope, grants or state of the account changed in another way: read it again. */
  | 'account-changed'
  /** Address or logins of the database changed, or it is new: read it again. */
  | 'database-changed'
  /** The database is no longer registered. */
  | 'database-removed'
  /** An admin ended the session; its key and account go on. */
  | 'session-ended'
  /** An admin lets a network try again whose logins were refused. */
  | 'login-block-removed'

export interface Change {
  readonly seq: Seq
  /** When the change was written, by the store's clock. */
  readonly at: EpochMs
  readonly kind: ChangeKind
  readonly accountId: string | null
  /** The account's name, so that a cached "no such account" can be dropped too. */
  readonly accountName: string | null
  readonly keyId: string | null
  readonly databaseId: string | null
  readonly sessionId: string | null
  readonly network: string | null
}

export interface ChangePage {
  /** In order of seq, at most the limit that was asked for. */
  readonly changes: readonly Change[]
  /** The newest seq of the snapshot, whether or not its change is in this page. */
  readonly head: Seq
  /** The store's clock when it answered. */
  readonly storeTime: EpochMs
  /** Changes after the number that was asked for are no longer stored: the reader must check everything again. */
  readonly missed: boolean
}

export interface ChangeSource {
  /** Reads the changes after `after`, in commit order. A change that commits late is never passed over. */
  readChanges(after: Seq, limit: number): Promise<ChangePage>
  /** Reads the changes written in the last `windowMs` by the store's clock, for a proxy that starts. */
  readRecentChanges(windowMs: number, limit: number): Promise<ChangePage>
}

export interface ChangePush {
  /** Calls `onHint` whenever something may have changed; hints can be lost, so polling stays the guarantee. */
  listen(onHint: () => void): { close(): Promise<void> }
}
