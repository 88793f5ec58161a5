// What a group gives its members: roles on databases. The proxies hear of each change through the change feed.

import type { EpochMs, Role } from '../auth/account.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { searchSql } from './search.js'
import { StoreError } from './store-error.js'
import { isUuid } from './uuid.js'

export interface GroupGrant {
  readonly groupId: string
  readonly databaseId: string
  readonly database: string
  readonly role: Role
  readonly createdAt: EpochMs
}

export type NewGroupGrant = Pick<GroupGrant, 'groupId' | 'databaseId' | 'role'>

/** Gives a group a role on a database, in place of the one it had there.
 * @throws StoreError `not_found` when there is no such group or database */
export async function setGroupGrant(db: Executor, grant: NewGroupGrant): Promise<void> {
  if (!isUuid(grant.groupId) || !isUuid(grant.databaseId)) throw new StoreError('not_found', 'set a grant of a group')
  await db.run(
    'set a grant of a group',
    `insert into postern.group_grants (group_id, database_id, role) values ($1, $2, $3)
     on conflict (group_id, database_id) do update set role = excluded.role`,
    [grant.groupId, grant.databaseId, grant.role],
  )
}

/** Takes a group's role on a database away.
 * @throws StoreError `not_found` when there is no such grant */
export async function removeGroupGrant(db: Executor, groupId: string, databaseId: string): Promise<void> {
  if (!isUuid(groupId) || !isUuid(databaseId)) throw new StoreError('not_found', 'remove a grant of a group')
  const rows = await db.run(
    'remove a grant of a group',
    'delete from postern.group_grants where group_id = $1 and database_id = $2 returning group_id',
    [groupId, databaseId],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'remove a grant of a group')
}

/** Finds what a group gives on a database, or null. */
export async function findGroupGrant(db: Executor, groupId: string, databaseId: string): Promise<GroupGrant | null> {
  const rows = await db.run<GroupGrant>('find a grant of a group', `${SELECT_SQL} and d.id = $2`, [groupId, databaseId])
  return rows[0] ?? null
}

/** Lists what a group gives, by database. Searches the database's name. */
export async function listGroupGrants(db: Executor, groupId: string, request: PageRequest): Promise<Page<GroupGrant>> {
  const [database] = decodeCursor(request.cursor, 1)
  const rows = await db.run<GroupGrant>(
    'list grants of a group',
    `${SELECT_SQL} and ($2::text is null or d.name > $2) and ${searchSql('$4', ['d.name'])} order by d.name limit $3`,
    [groupId, database, request.limit + 1, request.search ?? null],
  )
  return toPage(rows, request.limit, row => [row.database])
}

const SELECT_SQL = `
  select g.group_id as "groupId", d.id as "databaseId", d.name as database, g.role,
    postern.epoch_ms(g.created_at) as "createdAt"
  from postern.group_grants g join postern.databases d on d.id = g.database_id
  where g.group_id = $1`
