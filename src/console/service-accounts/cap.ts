// The most that a pinned service account may be: no more than its maker is on each of its databases. The API decides; this
// explains it before it is asked.

import type { Resource } from '../api.js'
import type { Role } from '../parts/badge.js'

export const ROLES: readonly Role[] = ['reader', 'writer', 'admin']

export interface Cap {
  readonly role: Role
  /** The database that sets it. */
  readonly database: string
}

/** Finds the cap over these databases; null: none was chosen. */
export function capOver(reach: readonly Resource<'Reach'>[], databases: readonly string[]): Cap | null {
  const chosen = reach.filter(({ database }) => databases.includes(database))
  const [least] = [...chosen].sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role))
  return least ? { role: least.role, database: least.database } : null
}

export function isAbove(role: Role, cap: Cap | null): boolean {
  return cap !== null && ROLES.indexOf(role) > ROLES.indexOf(cap.role)
}
