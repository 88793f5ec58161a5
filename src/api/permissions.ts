// Who may use a route. Every route declares one of these; one that declares none can not be registered.

import type { Account } from '../store/accounts.js'

export type Permission =
  /** Anyone, without a login. */
  | 'public'
  /** Every account, machines too. */
  | 'account'
  /** Every person, and machines that administer. */
  | 'person'
  /** Whoever may make and change things: members and admins. */
  | 'member'
  /** Whoever sees the whole organization: admins and viewers. */
  | 'observer'
  /** Admins of the organization, machines of an admin group among them. */
  | 'admin'

/** Tells whether an account has a permission. What it may see and change beyond that is decided in access.ts. */
export function hasPermission(account: Pick<Account, 'orgRole' | 'isAdmin'>, permission: Permission): boolean {
  switch (permission) {
    case 'public':
    case 'account':
      return true
    case 'person':
      return account.orgRole !== null || account.isAdmin
    case 'member':
      return account.orgRole === 'member' || account.isAdmin
    case 'observer':
      return account.orgRole === 'viewer' || account.isAdmin
    case 'admin':
      return account.isAdmin
  }
}
