// Accounts of people and machines as the API and the console see them. A deleted account keeps its row, so that records
// of the past can still name it, and gives its name back.

import type { AccountState, EpochMs, Role } from '../auth/account.js'
import { ACTIVE_SQL } from './keys.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import { searchSql } from './search.js'
import { StoreError } from './store-error.js'
import { isUuid } from './uuid.js'

/** What a person may do in the API: an admin all, a member make keys and pinned accounts, a viewer look. */
export type OrgRole = 'admin' | 'member' | 'viewer'

/** An account as the API and the console see it. */
export interface Account {
  readonly id: string
  readonly name: string
  readonly kind: 'personal' | 'service'
  /** A service account's is made up, at service.postern.invalid. */
  readonly email: string
  readonly description: string | null
  /** null for service accounts. */
  readonly orgRole: OrgRole | null
  /** Whether it administers the organization: by its orgRole, or through a group that carries the permission. A viewer
   * never does. */
  readonly isAdmin: boolean
  readonly scope: 'personal' | 'pinned' | 'groups'
  readonly pinnedRole: Role | null
  /** Names of the databases of a pinned account, in order. */
  readonly databases: readonly string[]
  /** Names of the groups that it is in, in order. */
  readonly groups: readonly string[]
  /** The networks that it may log in from; null: from anywhere. */
  readonly allowFrom: readonly string[] | null
  readonly makerId: string | null
  readonly makerName: string | null
  readonly state: AccountState
  readonly scram: { readonly salt: Buffer; readonly iterations: number }
  readonly activeKeys: number
  /** When one of its keys, also one that is over, last let somebody in. */
  readonly lastUsedAt: EpochMs | null
  readonly createdAt: EpochMs
  readonly disabledAt: EpochMs | null
  readonly deletedAt: EpochMs | null
}

/** Gets an account by id, deleted ones too.
 * @throws StoreError `not_found` */
export async function getAccount(db: Executor, id: string): Promise<Account> {
  if (!isUuid(id)) throw new StoreError('not_found', 'get an account')
  const [row] = await db.run<AccountRow>(
    'get an account',
    `select ${ACCOUNT_SQL} from postern.accounts a where a.id = $1`,
    [id],
  )
  return found(row, 'get an account')
}

/** Gets an account that is not deleted, by name.
 * @throws StoreError `not_found` */
export async function getAccountByName(db: Executor, name: string): Promise<Account> {
  const [row] = await db.run<AccountRow>(
    'get an account by name',
    `select ${ACCOUNT_SQL} from postern.accounts a where a.name = $1 and a.deleted_at is null`,
    [name],
  )
  return found(row, 'get an account by name')
}

/** Tells whether an account had this name that is deleted now. */
export async function isNameOfDeleted(db: Executor, name: string): Promise<boolean> {
  const sql = 'select from postern.accounts where name = $1 and deleted_at is not null limit 1'
  return (await db.run('look for a deleted account', sql, [name])).length > 0
}

export interface AccountFilter {
  /** Only those that this account created: its id. */
  readonly makerId?: string | null
  /** Only those that the account of this name created. */
  readonly makerName?: string | null
}

/** Lists the accounts of a kind that are not deleted, by name. Searches name and description. */
export async function listAccounts(
  db: Executor,
  kind: Account['kind'],
  request: PageRequest,
  { makerId = null, makerName = null }: AccountFilter = {},
): Promise<Page<Account>> {
  const [name, id] = decodeCursor(request.cursor, 2)
  const rows = await db.run<AccountRow>(
    'list accounts',
    `select ${ACCOUNT_SQL} from postern.accounts a
     where a.kind = $1 and a.deleted_at is null and ($2::text is null or (a.name, a.id) > ($2, $3::uuid))
       and ($5::uuid is null or a.maker_id = $5)
       and ($6::text is null or a.maker_id = (select id from postern.accounts where name = $6 and deleted_at is null))
       and ${searchSql('$7', ['a.name', 'a.description'])}
     order by a.name, a.id limit $4`,
    [kind, name, id, request.limit + 1, makerId, makerName, request.search ?? null],
  )
  const page = toPage(rows, request.limit, row => [row.name, row.id])
  return { items: page.items.map(toAccount), next: page.next }
}

/** What the console's login goes by. */
export interface PersonRecord {
  readonly id: string
  readonly state: AccountState
  /** null: no password has been chosen, or it was forgotten with the account. */
  readonly passwordHash: string | null
}

/** Finds a person by e-mail address, in whatever state: the newest when several had it. null: there has been none. */
export async function findPerson(db: Executor, email: string): Promise<PersonRecord | null> {
  const [row] = await db.run<PersonRecord>(
    'find a person',
    `select a.id, ${stateSql('a')} as state, a.password_hash as "passwordHash" from postern.accounts a
     where a.name = $1 and a.kind = 'personal' order by a.deleted_at desc nulls first limit 1`,
    [email],
  )
  return row ?? null
}

/** The state of an account in words, in SQL; deleted outweighs disabled. */
export function stateSql(account: string): string {
  return `case when ${account}.deleted_at is not null then 'deleted'
    when ${account}.disabled_at is not null then 'disabled' else 'active' end`
}

type AccountRow = Omit<Account, 'scram'> & { readonly scramSalt: Buffer; readonly scramIterations: number }

function toAccount({ scramSalt, scramIterations, ...row }: AccountRow): Account {
  return { ...row, scram: { salt: scramSalt, iterations: scramIterations } }
}

function found(row: AccountRow | undefined, doing: string): Account {
  if (!row) throw new StoreError('not_found', doing)
  return toAccount(row)
}

const IS_ADMIN_SQL = `case a.org_role when 'admin' then true when 'viewer' then false else
  exists (select from postern.group_members gm join postern.groups g on g.id = gm.group_id
    where gm.account_id = a.id and g.organization_admin) end`

const ACCOUNT_SQL = `
  a.id, a.name, a.kind, a.email, a.description, a.org_role as "orgRole", a.scope, a.pinned_role as "pinnedRole",
  array(select d.name from postern.pinned_databases p join postern.databases d on d.id = p.database_id
    where p.account_id = a.id order by d.name) as databases,
  array(select g.name from postern.group_members gm join postern.groups g on g.id = gm.group_id
    where gm.account_id = a.id order by g.name) as groups,
  ${IS_ADMIN_SQL} as "isAdmin",
  a.allow_from::text[] as "allowFrom", a.maker_id as "makerId", (select m.name from postern.accounts m where m.id = a.maker_id) as "makerName",
  ${stateSql('a')} as state, a.scram_salt as "scramSalt", a.scram_iterations as "scramIterations",
  (select count(*)::integer from postern.api_keys where account_id = a.id and ${ACTIVE_SQL}) as "activeKeys",
  (select postern.epoch_ms(max(u.used_at)) from postern.key_uses u join postern.api_keys k on k.id = u.key_id
    where k.account_id = a.id) as "lastUsedAt",
  postern.epoch_ms(a.created_at) as "createdAt", postern.epoch_ms(a.disabled_at) as "disabledAt",
  postern.epoch_ms(a.deleted_at) as "deletedAt"`
