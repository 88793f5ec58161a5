// Who may use a route. Every route declares one of these; one that declares none can not be registered.

import type { Account } from '../store/accounts.js'

export type Permission =
  /** Anyone, without a token. */
  | 'public'
  /** Every account, machines too. */
  | 'account'
  /** Every person: viewers look only. */
  | 'person'
  /** A person who may make and change things: members and admins. */
  | 'member'
  /** Admins of the organization. */
  | 'admin'

/** Tells whether an account has a permission. What it may see and change beyond that is decided in access.ts. */
export function hasPermission(account: Pick<Account, 'orgRole'>, permission: Permission): boolean {
  switch (permission) {
    case 'public':
    case 'account':
      return true
    case 'person':
      return account.orgRole !== null
    case 'member':
      return account.orgRole === 'member' || account.orgRole === 'admin'
    case 'admin':
      return account.orgRole === 'admin'
  }
}
