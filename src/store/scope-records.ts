// What an account may reach, as policy weighs it: read with its grants, those of its groups, and those of its maker.

import type { AccountState, GrantRecord, Role, Scope } from '../auth/account.js'
import { stateSql } from './accounts.js'

/** The columns of `scopeSql`. */
export interface ScopeRow {
  scope: Scope['type']
  pinned_role: Role | null
  grants: GrantRecord[]
  databases: { id: string; name: string }[]
  maker: { name: string; state: AccountState; grants: GrantRecord[] } | null
}

export function toScope(row: ScopeRow): Scope {
  switch (row.scope) {
    case 'personal':
    case 'groups':
      return { type: row.scope, grants: row.grants }
    case 'pinned':
      if (!row.maker || !row.pinned_role) throw new TypeError('a pinned account without role or maker')
      return { type: 'pinned', role: row.pinned_role, databases: row.databases, maker: row.maker }
  }
}

/** Selects the scope of the account `a`: all of it, or what is of the databases `d` for which the condition holds. */
export function scopeSql(condition = 'true'): string {
  return `a.scope, a.pinned_role,
    case a.scope when 'pinned' then '[]' else ${grantsSql('a', condition)} end as grants,
    (select coalesce(json_agg(json_build_object('id', d.id, 'name', d.name) order by d.name), '[]')
      from postern.pinned_databases p join postern.databases d on d.id = p.database_id
      where p.account_id = a.id and ${condition}) as databases,
    (select json_build_object('name', m.name, 'state', ${stateSql('m')}, 'grants', ${grantsSql('m', condition)})
      from postern.accounts m where a.scope = 'pinned' and m.id = a.maker_id) as maker`
}

// An account's own grants, and those of its groups.
function grantsSql(account: string, condition: string): string {
  return `(select coalesce(json_agg(json_build_object(
      'databaseId', d.id, 'database', d.name, 'role', g.role, 'group', g.group_name) order by d.name, g.group_name), '[]')
    from (
      select database_id, role, null as group_name from postern.grants where account_id = ${account}.id
      union all
      select gg.database_id, gg.role, pg.name from postern.group_members gm
        join postern.groups pg on pg.id = gm.group_id
        join postern.group_grants gg on gg.group_id = gm.group_id
      where gm.account_id = ${account}.id
    ) g join postern.databases d on d.id = g.database_id where ${condition})`
}
