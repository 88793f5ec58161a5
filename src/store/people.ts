// People of the organization: their flag, and the pinned accounts that they answer for.

import type { OrgRole } from './accounts.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import type { Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

/** Sets what a person may do in the API.
 * @throws StoreError `not_found`, or `last_admin` */
export async function setOrgRole(db: Executor, id: string, orgRole: OrgRole): Promise<void> {
  if (!isUuid(id)) throw new StoreError('not_found', 'set an organization role')
  const rows = await db.run(
    'set an organization role',
    `update postern.accounts set org_role = $2
     where id = $1 and kind = 'personal' and deleted_at is null returning id`,
    [id, orgRole],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'set an organization role')
}

export interface PinnedAccount {
  readonly id: string
  readonly name: string
}

/** Lists the pinned accounts that a person made and that are not deleted, by name: disabled ones too. */
export async function listPinnedAccounts(db: Executor, makerId: string): Promise<PinnedAccount[]> {
  if (!isUuid(makerId)) return []
  return db.run<PinnedAccount>(
    'list pinned accounts',
    `select id, name from postern.accounts
     where maker_id = $1 and scope = 'pinned' and deleted_at is null order by name`,
    [makerId],
  )
}

/** Gives a person's pinned accounts a new maker, whose reach caps them from then on. */
export async function transferPinnedAccounts(tx: Transaction, makerId: string, newMakerId: string): Promise<void> {
  await tx.run(
    'transfer pinned accounts',
    `update postern.accounts set maker_id = $2 where maker_id = $1 and scope = 'pinned' and deleted_at is null`,
    [makerId, newMakerId],
  )
}

/** Tells whether anybody administers the organization: nobody does in a new store. */
export async function hasAdmin(db: Executor): Promise<boolean> {
  const rows = await db.run(
    'look for an admin',
    `select from postern.accounts where org_role = 'admin' and disabled_at is null and deleted_at is null limit 1`,
  )
  return rows.length > 0
}
