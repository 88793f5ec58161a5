// Service accounts of the scope `groups`: what they reach is what their groups give, so unlike pinned ones they can be
// edited.

import { withoutToken } from '../model/redact.js'
import { newParameters } from '../scram/parameters.js'
import { getAccount, type Account } from './accounts.js'
import { StoreError } from './store-error.js'
import type { Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

export interface NewGroupsAccount {
  readonly name: string
  readonly description: string | null
  /** At least one. */
  readonly groupIds: readonly string[]
  /** Networks, each in its one form; null: it may log in from anywhere. */
  readonly allowFrom: readonly string[] | null
}

/** Makes a service account that is in these groups.
 * @throws StoreError `name_taken`, `invalid`, `needs_group`, or `not_found` when a group does not exist */
export async function createGroupsAccount(tx: Transaction, account: NewGroupsAccount): Promise<Account> {
  const { salt, iterations } = newParameters()
  const [row] = await tx.run<{ id: string }>(
    'create a service account',
    `insert into postern.accounts (name, kind, scope, description, scram_salt, scram_iterations, allow_from)
     values ($1, 'service', 'groups', $2, $3, $4, $5) returning id`,
    [account.name, withoutToken(account.description), salt, iterations, account.allowFrom],
  )
  return setGroups(tx, row?.id ?? '', account.groupIds, 'create a service account')
}

/** Gives a service account another description, other groups and other networks to log in from.
 * @throws StoreError `not_found` when there is no such account of this scope, or no such group; `needs_group` */
export async function editGroupsAccount(
  tx: Transaction,
  id: string,
  { description, groupIds, allowFrom }: Omit<NewGroupsAccount, 'name'>,
): Promise<Account> {
  const doing = 'edit a service account'
  if (!isUuid(id)) throw new StoreError('not_found', doing)
  const rows = await tx.run(
    doing,
    `update postern.accounts set description = $2, allow_from = $3
     where id = $1 and scope = 'groups' and deleted_at is null returning id`,
    [id, withoutToken(description), allowFrom],
  )
  if (rows.length === 0) throw new StoreError('not_found', doing)
  return setGroups(tx, id, groupIds, doing)
}

async function setGroups(tx: Transaction, id: string, groupIds: readonly string[], doing: string): Promise<Account> {
  if (groupIds.length === 0) throw new StoreError('needs_group', doing)
  if (!groupIds.every(isUuid)) throw new StoreError('not_found', doing)
  await tx.run(
    doing,
    'insert into postern.group_members (account_id, group_id) select $1, unnest($2::uuid[]) on conflict do nothing',
    [id, groupIds],
  )
  await tx.run(doing, 'delete from postern.group_members where account_id = $1 and group_id <> all ($2::uuid[])', [
    id,
    groupIds,
  ])
  return getAccount(tx, id)
}
