// Groups: named sets of accounts and grants. Who is in one: group-members.ts; what it gives: group-grants.ts.

import type { EpochMs } from '../auth/account.js'
import { withoutToken } from '../model/redact.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { searchSql } from './search.js'
import { StoreError } from './store-error.js'
import { isUuid } from './uuid.js'

export interface Group {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** Whether its members administer the organization; people who are viewers stay viewers. */
  readonly organizationAdmin: boolean
  readonly members: number
  readonly grants: number
  readonly createdAt: EpochMs
}

export type NewGroup = Pick<Group, 'name' | 'description' | 'organizationAdmin'>

/** Makes a group without members and grants.
 * @throws StoreError `name_taken`, `invalid` */
export async function createGroup(db: Executor, group: NewGroup): Promise<Group> {
  const [row] = await db.run<{ id: string }>(
    'create a group',
    'insert into postern.groups (name, description, organization_admin) values ($1, $2, $3) returning id',
    [group.name, withoutToken(group.description), group.organizationAdmin],
  )
  return getGroup(db, row?.id ?? '')
}

/** @throws StoreError `not_found` */
export async function getGroup(db: Executor, id: string): Promise<Group> {
  if (!isUuid(id)) throw new StoreError('not_found', 'get a group')
  return found(await db.run<Group>('get a group', `${SELECT_SQL} where g.id = $1`, [id]), 'get a group')
}

/** @throws StoreError `not_found` */
export async function getGroupByName(db: Executor, name: string): Promise<Group> {
  return found(await db.run<Group>('get a group', `${SELECT_SQL} where g.name = $1`, [name]), 'get a group')
}

/** Finds the ids of groups by their names; a name that no group has is missing. */
export async function findGroupIds(db: Executor, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.run<Pick<Group, 'name' | 'id'>>(
    'find groups',
    'select name, id from postern.groups where name = any ($1::text[])',
    [names],
  )
  return new Map(rows.map(({ name, id }) => [name, id]))
}

/** Lists the groups by name. Searches name and description. */
export async function listGroups(db: Executor, request: PageRequest): Promise<Page<Group>> {
  const [name] = decodeCursor(request.cursor, 1)
  const rows = await db.run<Group>(
    'list groups',
    `${SELECT_SQL} where ($1::text is null or g.name > $1) and ${searchSql('$3', ['g.name', 'g.description'])}
     order by g.name limit $2`,
    [name, request.limit + 1, request.search ?? null],
  )
  return toPage(rows, request.limit, row => [row.name])
}

/** @throws StoreError `not_found`, `name_taken`, `invalid` */
export async function editGroup(
  db: Executor,
  id: string,
  { name, description, organizationAdmin }: NewGroup,
): Promise<Group> {
  if (!isUuid(id)) throw new StoreError('not_found', 'edit a group')
  await db.run(
    'edit a group',
    'update postern.groups set name = $2, description = $3, organization_admin = $4 where id = $1',
    [id, name, withoutToken(description), organizationAdmin],
  )
  return getGroup(db, id)
}

/** Deletes a group: its members lose what it gave them. The commit fails with `needs_group` when a service account would
 * be left without a group.
 * @throws StoreError `not_found` */
export async function deleteGroup(db: Executor, id: string): Promise<void> {
  if (!isUuid(id)) throw new StoreError('not_found', 'delete a group')
  const rows = await db.run('delete a group', 'delete from postern.groups where id = $1 returning id', [id])
  if (rows.length === 0) throw new StoreError('not_found', 'delete a group')
}

const SELECT_SQL = `
  select g.id, g.name, g.description, g.organization_admin as "organizationAdmin",
    (select count(*)::integer from postern.group_members where group_id = g.id) as members,
    (select count(*)::integer from postern.group_grants where group_id = g.id) as grants,
    postern.epoch_ms(g.created_at) as "createdAt"
  from postern.groups g`

function found(rows: Group[], doing: string): Group {
  const [group] = rows
  if (!group) throw new StoreError('not_found', doing)
  return group
}
