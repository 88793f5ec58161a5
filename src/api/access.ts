// What a caller may see and manage. What they may not is "not found", so that nobody learns what exists.

import { getAccountByName, type Account } from '../store/accounts.js'
import { getDatabaseByName } from '../store/databases.js'
import type { Executor } from '../store/pool.js'
import { StoreError, type StoreErrorCode } from '../store/store-error.js'
import type { Role } from '../auth/account.js'
import type { Caller } from './authorize.js'
import { hasPermission } from './permissions.js'
import { Problem } from './problem.js'
import type { ProblemCode } from './problems.js'

/** A database that the caller may know of. */
export interface KnownDatabase {
  readonly id: string
  readonly name: string
  /** The caller's own role; null: they see it only because they see the whole organization. */
  readonly role: Role | null
}

/** Finds a database that the caller reaches or, as an admin or viewer, any.
 * @throws Problem `database_not_found` */
export async function findDatabase(db: Executor, caller: Caller, name: string): Promise<KnownDatabase> {
  const reached = caller.reach.find(entry => entry.database === name)
  if (reached) return { id: reached.databaseId, name, role: reached.role }
  if (!caller.seesAll) throw new Problem('database_not_found')
  const { id } = await orNotFound('database_not_found', getDatabaseByName(db, name))
  return { id, name, role: null }
}

/** What the caller wants with an account. Who may manage one may see it. */
export type Purpose = 'see' | 'manage'

/** Finds an account that the caller may manage (their own, the machines they made, or, as an admin, any) or see (as a
 * viewer, any).
 * @throws Problem `account_not_found`, or `permission_denied` for one that they may only see */
export async function findAccount(db: Executor, caller: Caller, name: string, purpose: Purpose): Promise<Account> {
  const account = await orNotFound('account_not_found', getAccountByName(db, name))
  requireAccess(caller, account, purpose, 'account_not_found')
  return account
}

/** @throws Problem `permission_denied` for what the caller may only see, `unseen` for what they may not even see */
export function requireAccess(
  caller: Caller,
  account: Pick<Account, 'id' | 'makerId'>,
  purpose: Purpose,
  unseen: ProblemCode,
): void {
  if (mayManage(caller, account)) return
  if (!caller.seesAll) throw new Problem(unseen)
  if (purpose === 'manage') throw new Problem('permission_denied')
}

/** Finds a service account that the caller may see or manage.
 * @throws Problem `account_not_found` */
export async function findServiceAccount(
  db: Executor,
  caller: Caller,
  name: string,
  purpose: Purpose,
): Promise<Account> {
  const account = await findAccount(db, caller, name, purpose)
  if (account.kind !== 'service') throw new Problem('account_not_found')
  return account
}

export function maySee(caller: Caller, account: Pick<Account, 'id' | 'makerId'>): boolean {
  return caller.seesAll || mayManage(caller, account)
}

/** A viewer manages their own account only: its keys are how they connect. What they made before they became one stays
 * as it is. */
export function mayManage(caller: Caller, account: Pick<Account, 'id' | 'makerId'>): boolean {
  if (caller.isAdmin || account.id === caller.account.id) return true
  return account.makerId === caller.account.id && hasPermission(caller.account, 'member')
}

/** Finds a person: admins and viewers anyone, others themselves.
 * @throws Problem `user_not_found` */
export async function findUser(db: Executor, caller: Caller, email: string): Promise<Account> {
  const found = await getAccountByName(db, email.toLowerCase()).catch(toNull)
  if (found?.kind === 'personal' && (caller.seesAll || found.id === caller.account.id)) return found
  // What is no address is not repeated: it may be a token.
  throw new Problem(
    'user_not_found',
    email.includes('@') ? `No such person, or you may not see them: ${email}.` : undefined,
  )
}

function toNull(error: unknown): null {
  if (error instanceof StoreError && error.code === 'not_found') return null
  throw error
}

/** Waits for an answer of the store; its `not_found` becomes this problem. */
export function orNotFound<T>(code: ProblemCode, answer: Promise<T>): Promise<T> {
  return orProblem('not_found', code, answer)
}

/** Waits for an answer of the store; this error of its becomes this problem. */
export async function orProblem<T>(error: StoreErrorCode, code: ProblemCode, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.code === error) throw new Problem(code)
    throw thrown
  }
}
