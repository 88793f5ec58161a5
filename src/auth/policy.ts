// Decides what an account may reach: the one pure function behind logins, the API's answers and `explain`.

import type { DenialReason } from '../errors.js'
import { ROLES, type AccountRecord, type GrantRecord, type PinnedScope, type Role, type Scope } from './account.js'

/** Why an account has the role it has on a database. */
export type Rule =
  /** Granted to the account itself. */
  | { readonly rule: 'direct' }
  /** Granted through a group. */
  | { readonly rule: 'group'; readonly group: string }
  /** Chosen when the pinned account was made. */
  | { readonly rule: 'pinned' }
  /** The pinned role is more than its maker has now, so the maker's role holds. */
  | { readonly rule: 'capped-by-maker'; readonly maker: string; readonly pinned: Role }

export interface Reach {
  readonly databaseId: string
  readonly database: string
  readonly role: Role
  readonly because: Rule
}

/** Compares two roles: negative when `a` is less than `b`. */
export function compareRoles(a: Role, b: Role): number {
  return ROLES.indexOf(a) - ROLES.indexOf(b)
}

/** Decides about one database by name, and tells why: with the role that the account has on it, or with what stands in
 * the way. State of the account and of its keys is not looked at here: that is authentication's to check. */
export function explain(account: Pick<AccountRecord, 'scope'>, database: string): Reach | DenialReason {
  return judgeOf(account.scope)(database)
}

/** Decides about one database by name; null when the account may not use it or it does not exist: no one can tell
 * the two apart. */
export function decide(account: Pick<AccountRecord, 'scope'>, database: string): Reach | null {
  return reached(explain(account, database))
}

/** Lists every database that the account may use, with the role and the rule that gives or caps it. */
export function reach({ scope }: Pick<AccountRecord, 'scope'>): readonly Reach[] {
  const judge = judgeOf(scope)
  return namesIn(scope)
    .map(name => reached(judge(name)))
    .filter(entry => entry !== null)
}

/** Whether every database of a pinned account was removed. It reaches nothing, and never will: its scope is not edited. */
export function isStranded({ scope }: Pick<AccountRecord, 'scope'>): boolean {
  return scope.type === 'pinned' && scope.databases.length === 0
}

function reached(decision: Reach | DenialReason): Reach | null {
  return typeof decision === 'string' ? null : decision
}

/** Each name once. */
function namesIn(scope: Scope): string[] {
  if (scope.type === 'pinned') return scope.databases.map(({ name }) => name)
  return [...new Set(scope.grants.map(({ database }) => database))]
}

/** Makes the judge of a scope: it looks at the grants once, however many databases it is asked about. */
function judgeOf(scope: Scope): (database: string) => Reach | DenialReason {
  switch (scope.type) {
    case 'personal':
    case 'groups': {
      const highest = highestGrants(scope.grants)
      return database => judgeGranted(highest.get(database))
    }
    case 'pinned': {
      const makers = highestGrants(scope.maker.grants)
      return database => judgePinned(scope, database, makers.get(database))
    }
  }
}

function judgeGranted(grant: GrantRecord | undefined): Reach | DenialReason {
  if (!grant) return 'not_granted'
  const { databaseId, database, role, group } = grant
  return { databaseId, database, role, because: group === null ? { rule: 'direct' } : { rule: 'group', group } }
}

function judgePinned(scope: PinnedScope, name: string, ceiling: GrantRecord | undefined): Reach | DenialReason {
  const chosen = scope.databases.find(database => database.name === name)
  if (!chosen) return 'not_granted'
  if (scope.maker.state !== 'active') return 'maker_inactive'
  if (ceiling?.databaseId !== chosen.id) return 'maker_lost_it'
  const place = { databaseId: chosen.id, database: name }
  if (compareRoles(ceiling.role, scope.role) >= 0) return { ...place, role: scope.role, because: { rule: 'pinned' } }
  const because = { rule: 'capped-by-maker', maker: scope.maker.name, pinned: scope.role } as const
  return { ...place, role: ceiling.role, because }
}

/** The most that a pinned account over these databases may be given, and the database that sets it. */
export interface Cap {
  /** null: the maker can not reach `database` at all. */
  readonly role: Role | null
  readonly database: string
}

/** Finds the cap for a pinned account that `maker` wants to make over `databases` (names, at least one). */
export function capFor(maker: Pick<AccountRecord, 'scope'>, databases: readonly string[]): Cap {
  const reachable = new Map(reach(maker).map(entry => [entry.database, entry.role]))
  let cap: Cap | undefined
  for (const database of databases) {
    const role = reachable.get(database)
    if (role === undefined) return { role: null, database }
    if (!cap?.role || compareRoles(role, cap.role) < 0) cap = { role, database }
  }
  if (!cap) throw new TypeError('capFor needs at least one database')
  return cap
}

/** By the database's name: names are unique, and a record is of one snapshot. */
function highestGrants(grants: readonly GrantRecord[]): Map<string, GrantRecord> {
  const highest = new Map<string, GrantRecord>()
  for (const grant of grants) {
    const other = highest.get(grant.database)
    if (!other || compareRoles(grant.role, other.role) > 0) highest.set(grant.database, grant)
  }
  return highest
}
