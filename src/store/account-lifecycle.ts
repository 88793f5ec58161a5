// What happens to accounts: made, disabled, enabled, deleted. A pinned account is never edited, so its scope can not grow.

import type { Role } from '../auth/account.js'
import { withoutToken } from '../model/redact.js'
import { newParameters } from '../scram/parameters.js'
import { getAccount, type Account, type OrgRole } from './accounts.js'
import { revokeAllKeys, type RevokedKeys } from './keys.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import type { Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

export interface NewPersonalAccount {
  /** In lower case; the account's name. */
  readonly email: string
  readonly orgRole: OrgRole
  /** argon2id in PHC form. null: no password yet. */
  readonly passwordHash: string | null
}

export interface NewPinnedAccount {
  readonly name: string
  readonly description?: string | null
  readonly role: Role
  /** At least one. */
  readonly databaseIds: readonly string[]
  /** Networks, each in its one form; null: it may log in from anywhere. */
  readonly allowFrom?: readonly string[] | null
  /** The account whose reach caps this one's. */
  readonly makerId: string
}

/** @throws StoreError `name_taken`, `invalid` */
export async function createPersonalAccount(db: Executor, account: NewPersonalAccount): Promise<Account> {
  const { salt, iterations } = newParameters()
  const [row] = await db.run<{ id: string }>(
    'create a personal account',
    `insert into postern.accounts (name, kind, scope, org_role, password_hash, scram_salt, scram_iterations)
     values ($1, 'personal', 'personal', $2, $3, $4, $5) returning id`,
    [account.email, account.orgRole, account.passwordHash, salt, iterations],
  )
  return getAccount(db, row?.id ?? '')
}

/** Makes a pinned service account. That its role is within the maker's cap is for the caller to check; a cap that
 * shrinks later is applied at every login.
 * @throws StoreError `name_taken`, `invalid`, or `not_found` when a database or the maker does not exist */
export async function createPinnedAccount(tx: Transaction, account: NewPinnedAccount): Promise<Account> {
  const doing = 'create a service account'
  if (account.databaseIds.length === 0) throw new StoreError('invalid', `${doing}: it needs a database`)
  if (![account.makerId, ...account.databaseIds].every(isUuid)) throw new StoreError('not_found', doing)
  const { salt, iterations } = newParameters()
  const [row] = await tx.run<{ id: string }>(
    doing,
    `insert into postern.accounts
       (name, kind, scope, description, pinned_role, maker_id, scram_salt, scram_iterations, allow_from)
     values ($1, 'service', 'pinned', $2, $3, $4, $5, $6, $7) returning id`,
    [
      account.name,
      withoutToken(account.description),
      account.role,
      account.makerId,
      salt,
      iterations,
      account.allowFrom,
    ],
  )
  const id = row?.id ?? ''
  await tx.run(
    doing,
    'insert into postern.pinned_databases (account_id, database_id) select distinct $1::uuid, unnest($2::uuid[])',
    [id, account.databaseIds],
  )
  return getAccount(tx, id)
}

/** Sets the password hash of a person; the console's login compares with it from then on.
 * @throws StoreError `not_found` */
export async function setPasswordHash(db: Executor, id: string, passwordHash: string): Promise<void> {
  if (!isUuid(id)) throw new StoreError('not_found', 'set a password')
  const rows = await db.run(
    'set a password',
    `update postern.accounts set password_hash = $2
     where id = $1 and kind = 'personal' and deleted_at is null returning id`,
    [id, passwordHash],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'set a password')
}

/** Disables an account: its keys stop at once. Again changes nothing.
 * @throws StoreError `not_found` */
export async function disableAccount(db: Executor, id: string): Promise<Account> {
  return setState(db, id, 'disable an account', 'disabled_at = coalesce(disabled_at, now())')
}

/** Enables an account: its keys work again.
 * @throws StoreError `not_found` */
export async function enableAccount(db: Executor, id: string): Promise<Account> {
  return setState(db, id, 'enable an account', 'disabled_at = null')
}

/** Deletes an account for good: revokes all its keys, which it returns, and drops its password, its grants and its groups.
 * The account comes first in the change feed: its sessions end because it was deleted, not because of a revoked key.
 * @throws StoreError `not_found`, also when it is deleted already */
export async function deleteAccount(tx: Transaction, id: string): Promise<RevokedKeys> {
  await setState(tx, id, 'delete an account', 'deleted_at = now(), password_hash = null')
  const revoked = await revokeAllKeys(tx, id)
  await tx.run('delete an account', 'delete from postern.grants where account_id = $1', [id])
  await tx.run('delete an account', 'delete from postern.group_members where account_id = $1', [id])
  return revoked
}

async function setState(db: Executor, id: string, doing: string, assignment: string): Promise<Account> {
  if (!isUuid(id)) throw new StoreError('not_found', doing)
  const rows = await db.run(
    doing,
    `update postern.accounts set ${assignment} where id = $1 and deleted_at is null returning id`,
    [id],
  )
  if (rows.length === 0) throw new StoreError('not_found', doing)
  return getAccount(db, id)
}
