// Decides what an account may reach: the one pure function behind logins, the API's answers and `explain`.

import { ROLES, type AccountRecord, type GrantRecord, type Role } from './account.js'

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

/** Lists every database that the account may use, with the role and the rule that gives or caps it. State of the
 * account and of its keys is not looked at here: that is authentication's to check. */
export function reach(account: Pick<AccountRecord, 'scope'>): readonly Reach[] {
  const { scope } = account
  switch (scope.type) {
    case 'personal':
    case 'groups':
      return [...highestGrants(scope.grants).values()].map(grant => ({
        databaseId: grant.databaseId,
        database: grant.database,
        role: grant.role,
        because: grant.group === null ? { rule: 'direct' } : { rule: 'group', group: grant.group },
      }))
    case 'pinned': {
      if (scope.maker.state !== 'active') return []
      const makers = highestGrants(scope.maker.grants)
      return scope.databases.flatMap(({ id, name }): Reach[] => {
        const ceiling = makers.get(id)
        if (!ceiling) return []
        const capped = compareRoles(ceiling.role, scope.role) < 0
        return [
          {
            databaseId: id,
            database: name,
            role: capped ? ceiling.role : scope.role,
            because: capped
              ? { rule: 'capped-by-maker', maker: scope.maker.name, pinned: scope.role }
              : { rule: 'pinned' },
          },
        ]
      })
    }
  }
}

/** Decides about one database by name; null when the account may not use it or it does not exist: no one can tell
 * the two apart. */
export function decide(account: Pick<AccountRecord, 'scope'>, database: string): Reach | null {
  return reach(account).find(entry => entry.database === database) ?? null
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

function highestGrants(grants: readonly GrantRecord[]): Map<string, GrantRecord> {
  const highest = new Map<string, GrantRecord>()
  for (const grant of grants) {
    const other = highest.get(grant.databaseId)
    if (!other || compareRoles(grant.role, other.role) > 0) highest.set(grant.databaseId, grant)
  }
  return highest
}
