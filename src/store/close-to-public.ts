// Closes the store's database to PUBLIC. Roles belong to the whole server and every database admits PUBLIC by default, so a login
// of another database there could read keys and make itself an admin. PostgreSQL manual, "Privileges" and REVOKE.

import type pg from 'pg'
import type { Executor } from './pool.js'

/** CONNECT, TEMPORARY or both, in this order. */
export type Rights = readonly ('CONNECT' | 'TEMPORARY')[]

/** What `migrate` found out about the store's database and did about it. */
export type Closing =
  /** PUBLIC had no right to it. */
  | { readonly outcome: 'was-closed' }
  /** PUBLIC no longer has these rights. `granted`: roles that have CONNECT of their own now, as they had it through PUBLIC only. */
  | { readonly outcome: 'closed'; readonly rights: Rights; readonly granted: readonly string[]; readonly lost: Lost }
  /** The role may not do it. */
  | ({ readonly outcome: 'still-open'; readonly lost: Lost } & Opening)

/** What PUBLIC may do in the store's database, and how to end it. */
export interface Opening {
  readonly rights: Rights
  readonly sql: string
  readonly runAs: 'its owner or a superuser' | 'a superuser'
}

/** Logins that may read every table of the server, so the store's as well, and that reach its database through PUBLIC only.
 * A backup may be among them, but so may logins of other databases: which of them belongs to the store cannot be seen. */
export interface Lost {
  /** Quoted as identifiers where needed: the first few. */
  readonly roles: readonly string[]
  readonly total: number
}

// Any number: two migrations at a time would update the same row of pg_database, which fails.
const LOCK = 7_076_837_383

/** Revokes CONNECT and TEMPORARY on the database from PUBLIC. Before that it grants CONNECT to the role of this connection, to the
 * owner of Postern's schema, to all roles that were granted USAGE on it, and to the logins that may become one of these by SET ROLE,
 * as far as they would lose access: an instance may run as another role than the one that migrates.
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

/** Returns what PUBLIC may do in the database of the store, or null when it is closed. @throws StoreError */
export async function findOpening(db: Executor): Promise<Opening | null> {
  const [state] = await db.run<State>('look who may connect', STATE_SQL)
  return state ? openingOf(state) : null
}

/** Describes what is open: the start of a sentence. */
export function openingText({ rights }: Pick<Opening, 'rights'>): string {
  return rights.includes('CONNECT')
    ? "every login of the server may connect to the store's database"
    : "PUBLIC has TEMPORARY on the store's database: every login that may connect to it may create temporary tables"
}

async function closeInTransaction(client: pg.Client): Promise<Closing> {
  const state = await stateOf(client)
  const opening = openingOf(state)
  if (!opening) return { outcome: 'was-closed' }
  const lost = { roles: state.lost, total: Number(state.lost_total) }
  if (!state.may_revoke) return { outcome: 'still-open', lost, ...opening }
  for (const statement of closingStatements(state)) await client.query(statement)
  const left = openingOf(await stateOf(client))
  if (left) return { outcome: 'still-open', lost, ...left }
  return { outcome: 'closed', rights: opening.rights, granted: state.losing, lost }
}

async function stateOf(client: pg.Client): Promise<State> {
  const { rows } = await client.query<State>(STATE_SQL)
  return rows[0] as State
}

/** Names are quoted as identifiers where needed. */
interface State {
  readonly database: string
  readonly may_revoke: boolean
  /** What PUBLIC has, by the roles that granted it; null: the owner. */
  readonly open: readonly { readonly grantor: string | null; readonly rights: Rights }[]
  /** Roles that belong to the store and have CONNECT through PUBLIC only. */
  readonly losing: readonly string[]
  readonly lost: readonly string[]
  readonly lost_total: string
}

function openingOf(state: State): Opening | null {
  const { open } = state
  if (open.length === 0) return null
  const rights = RIGHTS.filter(right => open.some(grant => grant.rights.includes(right)))
  const isByOwner = open.every(({ grantor }) => grantor === null)
  return {
    rights,
    sql: closingStatements(state).join(' '),
    runAs: isByOwner ? 'its owner or a superuser' : 'a superuser',
  }
}

function closingStatements({ database, open, losing }: State): string[] {
  const grants = losing.length === 0 ? [] : [`GRANT CONNECT ON DATABASE ${database} TO ${losing.join(', ')};`]
  const revokes = open.flatMap(({ grantor, rights }) => {
    const revoke = `REVOKE ${rights.join(', ')} ON DATABASE ${database} FROM PUBLIC;`
    // A REVOKE ends the grants of its own grantor only: the owner's, if a superuser or the owner runs it. GRANTED BY is no way
    // out, as it takes the current role only.
    return grantor === null ? [revoke] : [`SET ROLE ${grantor};`, revoke, 'RESET ROLE;']
  })
  return [...grants, ...revokes]
}

const RIGHTS: Rights = ['CONNECT', 'TEMPORARY']

const MAX_LOST = 5

// A role keeps access as a superuser, as the owner, or by a grant to itself or to a role whose rights it has. USAGE is for rights
// that a role has without SET ROLE, and the right to connect must be one; MEMBER is for those that it may take afterwards.
// The privilege SET came with 16, and a server refuses the name of a privilege that it does not know.
// cut_off: has CONNECT through PUBLIC only. direct: is to have it itself; heir: has it through one of these then. lost: without the
// logins that provisioning makes, which shall not connect.
const STATE_SQL = `
  with here as (
    select d.*, coalesce(d.datacl, acldefault('d', d.datdba)) as acl from pg_catalog.pg_database d
     where d.datname = current_database()
  ), open as (
    select nullif(a.grantor, here.datdba) as grantor, json_agg(a.privilege_type order by a.privilege_type) as rights
      from here, aclexplode(here.acl) a
     where a.grantee = 0 and a.privilege_type in ('CONNECT', 'TEMPORARY') group by 1
  ), needed as (
    select r.oid as role from pg_roles r where r.rolname = session_user
    union select n.nspowner from pg_namespace n where n.nspname = 'postern'
    union select a.grantee from pg_namespace n, aclexplode(n.nspacl) a
      where n.nspname = 'postern' and a.privilege_type = 'USAGE' and a.grantee <> 0
  ), cut_off as (
    select r.oid, r.rolname, r.rolcanlogin from here, pg_roles r
     where not r.rolsuper
       and exists (select from aclexplode(here.acl) a where a.grantee = 0 and a.privilege_type = 'CONNECT')
       and not exists (
        select from aclexplode(here.acl) a
        where a.privilege_type = 'CONNECT' and a.grantee <> 0 and pg_has_role(r.oid, a.grantee, 'USAGE'))
  ), direct as (
    select * from cut_off where oid in (select role from needed)
  ), heir as (
    select r.oid from cut_off r where exists (select from direct d where pg_has_role(r.oid, d.oid, 'USAGE'))
  ), losing as (
    select rolname from direct
    union select r.rolname from cut_off r
     where r.rolcanlogin and r.oid not in (select oid from heir)
       and exists (select from needed n where pg_has_role(r.oid, n.role, 'MEMBER'))
  ), lost as (
    select r.rolname from cut_off r
     where r.rolcanlogin and r.oid not in (select oid from heir) and r.rolname not in (select rolname from losing)
       and r.rolname !~ '^postern_.*_(reader|writer|admin)$'
       and (pg_has_role(r.oid, 'pg_read_all_data', 'MEMBER') or pg_has_role(r.oid, 'pg_write_all_data', 'MEMBER'))
  )
  select quote_ident(here.datname) as database,
    pg_has_role(here.datdba, 'USAGE') and not exists (
      select from open where grantor is not null and not
        case when current_setting('server_version_num')::int >= 160000
             then pg_has_role(grantor, 'SET') else pg_has_role(grantor, 'MEMBER') end) as may_revoke,
    coalesce((select json_agg(json_build_object(
      'grantor', case when grantor is not null then quote_ident(pg_get_userbyid(grantor)) end, 'rights', rights)
      order by grantor nulls first) from open), '[]') as open,
    array(select quote_ident(rolname) from losing order by 1) as losing,
    array(select quote_ident(rolname) from lost order by 1 limit ${MAX_LOST}) as lost,
    (select count(*) from lost) as lost_total
  from here`
