// Closes the store's database to PUBLIC. Roles belong to the whole server and every database admits PUBLIC by default, so a login
// of another database there could read keys and make itself an admin. PostgreSQL manual, "Privileges" and REVOKE.

import type pg from 'pg'
import type { Executor } from './pool.js'

/** What `migrate` found out about the store's database and did about it. */
export type Closing =
  /** PUBLIC could not connect. */
  | { readonly outcome: 'was-closed' }
  /** PUBLIC can no longer connect. `granted`: roles that have CONNECT of their own now, as they had it through PUBLIC only. */
  | { readonly outcome: 'closed'; readonly granted: readonly string[] }
  /** The role may not do it; `sql` is for the owner of the database or a superuser. */
  | { readonly outcome: 'still-open'; readonly sql: string }

// Any number: two migrations at a time would update the same row of pg_database, which fails.
const LOCK = 7_076_837_383

/** Revokes CONNECT and TEMPORARY on the database from PUBLIC. Before that it grants CONNECT to the role of this connection, to the
 * owner of Postern's schema and to all roles that were granted USAGE on it, as far as they would lose access: an instance may
 * run as another role than the one that migrates.
 * @throws what `pg` throws; nothing is changed then */
export async function closeToPublic(client: pg.Client): Promise<Closing> {
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [LOCK])
    const closing = await closeInTransaction(client)
    await client.query('commit')
    return closing
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** Returns the SQL that closes the database of the store to PUBLIC, or null when it is closed. @throws StoreError */
export async function sqlToClose(db: Executor): Promise<string | null> {
  const [access] = await db.run<{ open: boolean }>('look who may connect', ADMITS_PUBLIC_SQL)
  if (!access?.open) return null
  const [state] = await db.run<State>('look who may connect', STATE_SQL)
  return state ? closingStatements(state).join(' ') : null
}

async function closeInTransaction(client: pg.Client): Promise<Closing> {
  if (!(await admitsPublic(client))) return { outcome: 'was-closed' }
  const { rows } = await client.query<State>(STATE_SQL)
  const state = rows[0] as State
  const statements = closingStatements(state)
  if (!state.may_revoke) return { outcome: 'still-open', sql: statements.join(' ') }
  for (const statement of statements) await client.query(statement)
  // A role other than the owner may have granted it to PUBLIC, which the owner's REVOKE does not undo.
  if (await admitsPublic(client)) return { outcome: 'still-open', sql: statements.join(' ') }
  return { outcome: 'closed', granted: state.losing }
}

async function admitsPublic(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ open: boolean }>(ADMITS_PUBLIC_SQL)
  return rows[0]?.open ?? false
}

interface State {
  readonly database: string
  readonly may_revoke: boolean
  /** Quoted as identifiers where needed. */
  readonly losing: readonly string[]
}

function closingStatements({ database, losing }: State): string[] {
  const revoke = `REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC;`
  return losing.length === 0 ? [revoke] : [`GRANT CONNECT ON DATABASE ${database} TO ${losing.join(', ')};`, revoke]
}

/** Whether PUBLIC may connect to the database of this connection. */
const ADMITS_PUBLIC_SQL = `
  select exists (
    select from pg_catalog.pg_database d, pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
    where d.datname = pg_catalog.current_database() and a.grantee = 0 and a.privilege_type = 'CONNECT') as open`

// A role keeps access as a superuser, as the owner, or by a grant to itself or to a role whose rights it has.
const STATE_SQL = `
  with here as (
    select d.*, coalesce(d.datacl, acldefault('d', d.datdba)) as acl from pg_database d where d.datname = current_database()
  ), needed as (
    select r.oid as role from pg_roles r where r.rolname = session_user
    union select n.nspowner from pg_namespace n where n.nspname = 'postern'
    union select a.grantee from pg_namespace n, aclexplode(n.nspacl) a
      where n.nspname = 'postern' and a.privilege_type = 'USAGE' and a.grantee <> 0
  )
  select quote_ident(here.datname) as database, pg_has_role(here.datdba, 'USAGE') as may_revoke,
    array(select quote_ident(r.rolname) from needed join pg_roles r on r.oid = needed.role
      where not r.rolsuper and not exists (
        select from aclexplode(here.acl) a
        where a.privilege_type = 'CONNECT' and a.grantee <> 0 and pg_has_role(r.oid, a.grantee, 'USAGE'))
      order by 1) as losing
  from here`
