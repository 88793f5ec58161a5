// Registered databases: added with their three logins, listed, given new logins, and removed.

import type { EpochMs, Role } from '../auth/account.js'
import type { DatabaseRecord, Login, SslMode } from '../auth/database.js'
import { decodeCursor, toPage, type Page, type PageRequest } from './page.js'
import type { Executor } from './pool.js'
import type { Sealer } from './seal.js'
import { searchSql } from './search.js'
import { StoreError } from './store-error.js'
import type { Transaction } from './transaction.js'
import { isUuid } from './uuid.js'

/** A database as the API sees it: all but the passwords of its logins. */
export interface Database {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly port: number
  readonly dbname: string
  readonly sslMode: SslMode
  readonly sslRootCert: string | null
  readonly announce: boolean
  /** The upstream user for each role. null: the login is missing, which only a change of the store by hand can do. */
  readonly users: Readonly<Record<Role, string | null>>
  readonly createdAt: EpochMs
}

export type NewDatabase = Omit<DatabaseRecord, 'id'>

const ROLES: readonly Role[] = ['reader', 'writer', 'admin']

/** Registers a database with its three logins.
 * @throws StoreError `name_taken`, `invalid` */
export async function addDatabase(tx: Transaction, sealer: Sealer, database: NewDatabase): Promise<Database> {
  const [row] = await tx.run<{ id: string }>(
    'add a database',
    `insert into postern.databases (name, host, port, dbname, ssl_mode, ssl_root_cert, announce)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [
      database.name,
      database.host,
      database.port,
      database.dbname,
      database.sslMode,
      database.sslRootCert,
      database.announce,
    ],
  )
  const id = row?.id ?? ''
  await replaceLogins(tx, sealer, id, database.logins)
  return getDatabase(tx, id)
}

/** Gives a database three new logins, all at once; sessions on the old ones are the proxy's to end.
 * @throws StoreError `not_found` */
export async function replaceLogins(
  tx: Transaction,
  sealer: Sealer,
  databaseId: string,
  logins: Readonly<Record<Role, Login>>,
): Promise<void> {
  if (!isUuid(databaseId)) throw new StoreError('not_found', 'replace logins')
  const users = ROLES.map(role => logins[role].user)
  const sealed = ROLES.map(role => sealer.seal(logins[role].password, loginPlace(databaseId, role, logins[role].user)))
  await tx.run(
    'replace logins',
    `insert into postern.logins (database_id, role, username, sealed_password)
     select $1, role, username, sealed from unnest($2::text[], $3::text[], $4::bytea[]) as l (role, username, sealed)
     on conflict (database_id, role)
       do update set username = excluded.username, sealed_password = excluded.sealed_password`,
    [databaseId, ROLES, users, sealed],
  )
}

/** Gives a database another address on its server's network; grants and logins stay.
 * @throws StoreError `not_found`, `invalid` */
export async function moveDatabase(
  db: Executor,
  id: string,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Database> {
  if (!isUuid(id)) throw new StoreError('not_found', 'move a database')
  await db.run('move a database', 'update postern.databases set host = $2, port = $3 where id = $1', [id, host, port])
  return getDatabase(db, id)
}

/** @throws StoreError `not_found` */
export async function getDatabaseByName(db: Executor, name: string): Promise<Database> {
  const rows = await db.run<Database>('get a database', `${SELECT_SQL} where d.name = $1`, [name])
  return found(rows, 'get a database')
}

/** @throws StoreError `not_found` */
export async function getDatabase(db: Executor, id: string): Promise<Database> {
  if (!isUuid(id)) throw new StoreError('not_found', 'get a database')
  return found(await db.run<Database>('get a database', `${SELECT_SQL} where d.id = $1`, [id]), 'get a database')
}

/** Lists the databases by name. Searches the name. */
export async function listDatabases(db: Executor, request: PageRequest): Promise<Page<Database>> {
  const [name] = decodeCursor(request.cursor, 1)
  const rows = await db.run<Database>(
    'list databases',
    `${SELECT_SQL} where ($1::text is null or d.name > $1) and ${searchSql('$3', ['d.name'])}
     order by d.name limit $2`,
    [name, request.limit + 1, request.search ?? null],
  )
  return toPage(rows, request.limit, row => [row.name])
}

/** Removes a database with its logins, its grants and its place in pinned accounts.
 * @throws StoreError `not_found` */
export async function removeDatabase(db: Executor, id: string): Promise<void> {
  if (!isUuid(id)) throw new StoreError('not_found', 'remove a database')
  const rows = await db.run('remove a database', 'delete from postern.databases where id = $1 returning id', [id])
  if (rows.length === 0) throw new StoreError('not_found', 'remove a database')
}

/** Names the one place where a login's password opens: rows that are swapped, or given another user, do not open. */
export function loginPlace(databaseId: string, role: Role, user: string): string {
  return JSON.stringify(['login', databaseId, role, user])
}

const SELECT_SQL = `
  select d.id, d.name, d.host, d.port, d.dbname, d.ssl_mode as "sslMode", d.ssl_root_cert as "sslRootCert", d.announce,
    (select json_build_object(
        'reader', max(l.username) filter (where l.role = 'reader'),
        'writer', max(l.username) filter (where l.role = 'writer'),
        'admin', max(l.username) filter (where l.role = 'admin'))
      from postern.logins l where l.database_id = d.id) as users,
    postern.epoch_ms(d.created_at) as "createdAt"
  from postern.databases d`

function found(rows: Database[], doing: string): Database {
  const [database] = rows
  if (!database) throw new StoreError('not_found', doing)
  return database
}
