// Who has to do with a database: every account that a grant, a group or the choice of its maker connects with it. What
// each may do there is policy's to say.

import type { AccountState, Scope } from '../auth/account.js'
import { stateSql, type Account } from './accounts.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { searchSql } from './search.js'
import { scopeSql, toScope, type ScopeRow } from './scope-records.js'

export interface ConnectedAccount {
  readonly name: string
  readonly kind: Account['kind']
  readonly state: AccountState
  /** The part of its scope that is about this database. */
  readonly scope: Scope
}

export interface ConnectedFilter {
  /** Only this account (its id) and those that it created; null: all. */
  readonly managedBy: string | null
  readonly kind?: Account['kind'] | undefined
  readonly state?: 'active' | 'disabled' | undefined
}

/** Lists the accounts, not deleted, that are connected with a database, by name. Searches the name. */
export async function listConnectedAccounts(
  db: Executor,
  databaseId: string,
  { managedBy, kind, state }: ConnectedFilter,
  request: PageRequest,
): Promise<Page<ConnectedAccount>> {
  const [name, id] = decodeCursor(request.cursor, 2)
  const values = [databaseId, managedBy, name, id, request.limit + 1, kind, state, request.search ?? null]
  const rows = await db.run<Row>('list accounts of a database', LIST_SQL, values)
  const page = toPage(rows, request.limit, row => [row.name, row.id])
  return { items: page.items.map(toConnected), next: page.next }
}

interface Row extends ScopeRow, Pick<ConnectedAccount, 'name' | 'kind' | 'state'> {
  id: string
}

function toConnected(row: Row): ConnectedAccount {
  return { name: row.name, kind: row.kind, state: row.state, scope: toScope(row) }
}

/** Selects the ids of the accounts that are connected with the database $1, deleted ones too; an id may come twice. */
export const CONNECTED_SQL = `
  select account_id from postern.grants where database_id = $1
  union all
  select account_id from postern.pinned_databases where database_id = $1
  union all
  select m.account_id from postern.group_grants g join postern.group_members m on m.group_id = g.group_id
    where g.database_id = $1`

const LIST_SQL = `
  select a.id, a.name, a.kind, ${stateSql('a')} as state, ${scopeSql('d.id = $1::uuid')}
  from postern.accounts a
  where a.deleted_at is null and ($2::uuid is null or $2 in (a.id, a.maker_id))
    and ($3::text is null or (a.name, a.id) > ($3, $4::uuid))
    and ($6::text is null or a.kind = $6)
    and ($7::text is null or $7 = case when a.disabled_at is null then 'active' else 'disabled' end)
    and ${searchSql('$8', ['a.name'])}
    and a.id in (${CONNECTED_SQL})
  order by a.name, a.id limit $5`
