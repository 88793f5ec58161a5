// Who is in a group: people, and service accounts of the scope `groups`. The latter are always in one at least.

import type { AccountState, EpochMs } from '../auth/account.js'
import { stateSql, type Account } from './accounts.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { searchSql } from './search.js'
import { StoreError } from './store-error.js'
import { lockChanges, type Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

export interface GroupMember {
  readonly id: string
  readonly name: string
  readonly kind: Account['kind']
  readonly state: AccountState
  readonly since: EpochMs
}

/** Puts an account into a group. Again changes nothing.
 * @throws StoreError `not_found` when there is no such group, `invalid` for an account that can not be in one: a pinned
 * or a deleted one */
export async function addMember(db: Executor, groupId: string, accountId: string): Promise<void> {
  if (!isUuid(groupId) || !isUuid(accountId)) throw new StoreError('not_found', 'add a member')
  await db.run(
    'add a member',
    'insert into postern.group_members (group_id, account_id) values ($1, $2) on conflict do nothing',
    [groupId, accountId],
  )
}

/** Takes an account out of a group. The commit fails with `needs_group` when it is a service account's last.
 * @throws StoreError `not_found` when it is not in it */
export async function removeMember(db: Executor, groupId: string, accountId: string): Promise<void> {
  if (!isUuid(groupId) || !isUuid(accountId)) throw new StoreError('not_found', 'remove a member')
  const rows = await db.run(
    'remove a member',
    'delete from postern.group_members where group_id = $1 and account_id = $2 returning account_id',
    [groupId, accountId],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'remove a member')
}

/** @throws StoreError `not_found` when the account is not in the group */
export async function getMember(db: Executor, groupId: string, accountId: string): Promise<GroupMember> {
  const rows = await db.run<GroupMember>('get a member', `${SELECT_SQL} and a.id = $2`, [groupId, accountId])
  const [member] = rows
  if (!member) throw new StoreError('not_found', 'get a member')
  return member
}

/** Lists the members of a group by name, of one kind if asked. Searches the name. */
export async function listMembers(
  db: Executor,
  groupId: string,
  kind: Account['kind'] | null,
  request: PageRequest,
): Promise<Page<GroupMember>> {
  const [name, id] = decodeCursor(request.cursor, 2)
  const rows = await db.run<GroupMember>(
    'list members',
    `${SELECT_SQL} and ($2::text is null or a.kind = $2) and ($3::text is null or (a.name, a.id) > ($3, $4::uuid))
       and ${searchSql('$6', ['a.name'])}
     order by a.name, a.id limit $5`,
    [groupId, kind, name, id, request.limit + 1, request.search ?? null],
  )
  return toPage(rows, request.limit, row => [row.name, row.id])
}

/** Lists the names of service accounts, at most `limit`, that are in no group but this one. Holds off other writers until
 * the transaction ends, so that the answer stays true. */
export async function listDependents(tx: Transaction, groupId: string, limit: number): Promise<string[]> {
  await lockChanges(tx)
  const rows = await tx.run<{ name: string }>(
    'list dependents of a group',
    `select a.name from postern.group_members m join postern.accounts a on a.id = m.account_id
     where m.group_id = $1 and a.scope = 'groups' and a.deleted_at is null
       and not exists (select from postern.group_members o where o.account_id = a.id and o.group_id <> $1)
     order by a.name limit $2`,
    [groupId, limit],
  )
  return rows.map(row => row.name)
}

const SELECT_SQL = `
  select a.id, a.name, a.kind, ${stateSql('a')} as state, postern.epoch_ms(m.created_at) as since
  from postern.group_members m join postern.accounts a on a.id = m.account_id
  where m.group_id = $1`
