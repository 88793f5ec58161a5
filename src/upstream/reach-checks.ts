// The checks of what a login reaches outside of its database: Postern's store, other databases of the server, and the network as
// the server sees it. Roles belong to the whole server, and every database admits PUBLIC by default. Manual, "Privileges".

import { no, some, yes, type Verdict } from './checks.js'
import { foreignTables, type ForeignTables } from './foreign-tables.js'
import { literal } from './quote.js'
import type { Run } from './run-as.js'
import { locateStore, type StoreIdentity } from './store-identity.js'

interface Reach {
  readonly run: Run
  readonly store: StoreIdentity | null
}

/** Databases and functions that a detail or hint names at most. */
const MAX_NAMES = 50

export async function store({ run, store }: Reach): Promise<Verdict> {
  const place = store && (await locateStore(run, store))
  switch (place) {
    case null:
      return yes("not compared with Postern's store")
    case 'elsewhere':
      return yes("Postern's store is on another server")
    case 'this-database':
      return no("this database is Postern's store", 'Remove it: the store cannot be used as a database.')
    case 'same-server': {
      const open = await openDatabases(run, `d.oid = ${literal(store?.oid ?? '')}::oid`)
      if (open.length === 0) return yes("cannot connect to Postern's store, which is on the same server")
      return no(`may connect to ${store?.dbname}, Postern's store`, revokeConnect(open))
    }
  }
}

export async function databases({ run, store }: Reach): Promise<Verdict> {
  const isNear = store && (await locateStore(run, store)) === 'same-server'
  const notStore = isNear ? `d.oid <> ${literal(store.oid)}::oid` : 'true'
  const open = await openDatabases(run, `d.datname <> current_database() AND ${notStore}`)
  if (open.length === 0) return yes('may connect to no other database of the server')
  const names = open.map(({ name }) => name)
  return yes(`may connect to other databases of the server: ${some(names, MAX_NAMES)}`, revokeConnect(open))
}

export async function network({ run }: Reach): Promise<Verdict> {
  const functions = await run(`
    SELECT p.oid::regprocedure::text AS name, ${grantsOf('p.proacl', "'f'", 'p.proowner', 'EXECUTE')} AS grants
      FROM pg_extension e
      JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                      AND d.classid = 'pg_proc'::regclass
      JOIN pg_proc p ON p.oid = d.objid
     WHERE e.extname = 'dblink' AND p.proname IN ('dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec')
       AND has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(p.pronamespace, 'USAGE') ORDER BY 1`)
  const wrappers = await run(`
    SELECT quote_ident(w.fdwname) AS name, ${grantsOf('w.fdwacl', "'F'", 'w.fdwowner', 'USAGE')} AS grants
      FROM pg_foreign_data_wrapper w WHERE has_foreign_data_wrapper_privilege(w.oid, 'USAGE') ORDER BY 1`)
  const servers = await run(`
    SELECT quote_ident(s.srvname) AS name, ${grantsOf('s.srvacl', "'S'", 's.srvowner', 'USAGE')} AS grants
      FROM pg_foreign_server s WHERE has_server_privilege(s.oid, 'USAGE') ORDER BY 1`)
  const found = [
    { what: 'dblink', kind: 'EXECUTE ON FUNCTION', things: functions },
    { what: 'foreign-data wrappers', kind: 'USAGE ON FOREIGN DATA WRAPPER', things: wrappers },
    { what: 'foreign servers', kind: 'USAGE ON FOREIGN SERVER', things: servers },
  ].filter(({ things }) => things.length > 0)
  const tables = await foreignTables(run, MAX_NAMES)
  if (found.length === 0 && tables.total === 0) return yes('opens no connections from the server')
  const ways = found.map(({ what, things }) =>
    what === 'dblink' ? what : `${what} ${some(things.map(nameOf), MAX_NAMES)}`,
  )
  if (tables.total > 0) ways.push(`foreign tables ${namesOfTables(tables)}`)
  const isOther = tables.tables.some(({ isPostgres }) => !isPostgres)
  const hints = found.map(({ kind, things }) => revoke(kind, things.map(toOpen)))
  return yes(
    `may ${isOther ? 'leave the database' : 'open connections from the server'}, by ${ways.join(', by ')}`,
    [...hints, ...new Set(tables.tables.flatMap(({ ends }) => ends))].join(' '),
  )
}

/** Tables that a detail names at most. */
const MAX_TABLES = 5

// A wrapper other than postgres_fdw is named: what it reaches is another server, files or programs.
function namesOfTables({ tables, total }: ForeignTables): string {
  const names = tables
    .slice(0, MAX_TABLES)
    .map(({ name, wrapper, isPostgres }) => (isPostgres ? name : `${name} (${wrapper})`))
  const more = total - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
}

interface Open {
  /** Quoted as an identifier where needed. */
  readonly name: string
  /** Through which grants the login has the right. */
  readonly grants: readonly Grant[]
}

interface Grant {
  /** `PUBLIC`, or roles. */
  readonly grantees: string
  /** A role that had the grant option. null: the owner, as which a superuser grants and revokes too. */
  readonly grantor: string | null
}

async function openDatabases(run: Run, condition: string): Promise<Open[]> {
  const rows = await run(`
    SELECT quote_ident(d.datname) AS name, ${grantsOf('d.datacl', "'d'", 'd.datdba', 'CONNECT')} AS grants
      FROM pg_database d
     WHERE d.datallowconn AND has_database_privilege(d.oid, 'CONNECT') AND ${condition} ORDER BY 1`)
  return rows.map(toOpen)
}

function revokeConnect(open: readonly Open[]): string {
  return revoke('CONNECT ON DATABASE', open)
}

/** The statements that end the right to these things; an owner's other logins may need another owner, which it cannot say. */
function revoke(right: string, open: readonly Open[]): string {
  const byGrant = new Map<string, { grant: Grant; names: string[] }>()
  for (const { name, grants } of open.slice(0, MAX_NAMES)) {
    for (const grant of grants) {
      const key = JSON.stringify([grant.grantor, grant.grantees])
      byGrant.set(key, { grant, names: [...(byGrant.get(key)?.names ?? []), name] })
    }
  }
  return [...byGrant.values()]
    .map(({ grant: { grantees, grantor }, names }) => {
      const statement = `REVOKE ${right} ${names.join(', ')} FROM ${grantees};`
      // Each grantor revokes its own grants only, and GRANTED BY takes no other role than the current one.
      return grantor === null ? statement : `SET ROLE ${grantor}; ${statement} RESET ROLE;`
    })
    .join(' ')
}

function toOpen(row: Readonly<Record<string, string | null>>): Open {
  // None: a superuser, who needs no grant.
  const grants = row['grants'] ?? '[{"grantees":"PUBLIC","grantor":null}]'
  return { name: nameOf(row), grants: JSON.parse(grants) as Grant[] }
}

function nameOf({ name }: Readonly<Record<string, string | null>>): string {
  return name ?? ''
}

/** SQL for the grants through which the login has a right, as JSON. An object without grants has those of its kind's default. */
function grantsOf(acl: string, kind: string, owner: string, right: string): string {
  return `(SELECT json_agg(g ORDER BY g.grantor NULLS FIRST)::text FROM (
             SELECT CASE WHEN a.grantor <> ${owner} THEN quote_ident(pg_get_userbyid(a.grantor)) END AS grantor,
                    string_agg(DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', ') AS grantees
               FROM aclexplode(coalesce(${acl}, acldefault(${kind}, ${owner}))) a
              WHERE a.privilege_type = '${right}' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')) GROUP BY 1) g)`
}
