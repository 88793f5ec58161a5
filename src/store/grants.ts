// Grants: what people may do on which database. The proxies hear of each change through the change feed.

import type { EpochMs, Role } from '../auth/account.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import { isUuid } from './uuid.js'

export interface Grant {
  readonly accountId: string
  readonly account: string
  readonly databaseId: string
  readonly database: string
  readonly role: Role
  readonly createdAt: EpochMs
}

export interface NewGrant {
  /** A personal account: machines have a scope instead. */
  readonly accountId: string
  readonly databaseId: string
  readonly role: Role
}

/** Gives a person a role on a database, in place of the one it had there.
 * @throws StoreError `not_found` when there is no such person or database */
export async function setGrant(db: Executor, grant: NewGrant): Promise<void> {
  if (!isUuid(grant.accountId) || !isUuid(grant.databaseId)) throw new StoreError('not_found', 'set a grant')
  const rows = await db.run(
    'set a grant',
    `insert into postern.grants (account_id, database_id, role)
     select id, $2, $3 from postern.accounts where id = $1 and kind = 'personal' and deleted_at is null
     on conflict on constraint grants_once do update set role = excluded.role
     returning id`,
    [grant.accountId, grant.databaseId, grant.role],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'set a grant')
}

/** Takes a person's role on a database away.
 * @throws StoreError `not_found` when there is no such grant */
export async function removeGrant(db: Executor, accountId: string, databaseId: string): Promise<void> {
  if (!isUuid(accountId) || !isUuid(databaseId)) throw new StoreError('not_found', 'remove a grant')
  const rows = await db.run(
    'remove a grant',
    'delete from postern.grants where account_id = $1 and database_id = $2 returning id',
    [accountId, databaseId],
  )
  if (rows.length === 0) throw new StoreError('not_found', 'remove a grant')
}

/** Lists the grants of a person, by database. As many as there are databases at most. */
export async function listGrantsOfAccount(db: Executor, accountId: string): Promise<Grant[]> {
  if (!isUuid(accountId)) return []
  return db.run<Grant>('list grants', `${SELECT_SQL} and g.account_id = $1 order by d.name`, [accountId])
}

/** Lists the grants on a database, by account. As many as there are people at most. */
export async function listGrantsOnDatabase(db: Executor, databaseId: string): Promise<Grant[]> {
  if (!isUuid(databaseId)) return []
  return db.run<Grant>('list grants', `${SELECT_SQL} and g.database_id = $1 order by a.name`, [databaseId])
}

const SELECT_SQL = `
  select a.id as "accountId", a.name as account, d.id as "databaseId", d.name as database, g.role,
    postern.epoch_ms(g.created_at) as "createdAt"
  from postern.grants g
    join postern.accounts a on a.id = g.account_id and a.deleted_at is null
    join postern.databases d on d.id = g.database_id
  where true`
