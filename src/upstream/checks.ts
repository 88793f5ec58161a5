// The checks behind a proof. Each asks the catalog, as the login itself, and some try; none leaves anything behind.
// Manual, "Access Privilege Inquiry Functions".

import { CHECK_INTERVAL } from './lost-client.js'
import type { Subject } from './prove.js'
import { QueryError, type Row } from './query.js'
import { identifier } from './quote.js'
import type { Run } from './run-as.js'

export interface Verdict {
  readonly ok: boolean
  readonly detail: string
  /** What ends it, such as SQL, where there is something to end. */
  readonly hint: string | null
}

const USER_SCHEMAS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

const USER_TABLES = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${USER_SCHEMAS}`

const MAY_CHANGE = `(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
  OR has_any_column_privilege(c.oid, 'INSERT, UPDATE') OR pg_has_role(c.relowner, 'MEMBER'))`
// A foreign key keeps rows from being deleted, and maintenance locks the table. CASE, as MAINTAIN came with 17 and a server refuses
// the name of a privilege that it does not know.
const MAY_HINDER = `(has_any_column_privilege(c.oid, 'REFERENCES')
  OR CASE WHEN current_setting('server_version_num')::int >= 170000
          THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE false END)`

// With one of these a login leaves its database: to the server's files, programs or network, or to the sessions of others, which
// it can end and whose queries it can read. pg_maintain locks every table.
const DANGEROUS = [
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_create_subscription',
  'pg_signal_backend',
  'pg_monitor',
  'pg_read_all_stats',
  'pg_maintain',
]

export async function attributes({ run }: Subject): Promise<Verdict> {
  const [row = {}] = await run(`
    SELECT rolsuper AS "SUPERUSER", rolcreatedb AS "CREATEDB", rolcreaterole AS "CREATEROLE",
           rolreplication AS "REPLICATION", rolbypassrls AS "BYPASSRLS"
      FROM pg_roles WHERE rolname = current_user`)
  const had = Object.keys(row).filter(name => row[name] !== 'f')
  if (had.length > 0) return no(`has ${had.join(', ')}`)
  const settings = await ownSettings(run)
  return yes(
    settings.length === 0 ? 'no special attributes' : `no special attributes; sets ${some(settings)} by itself`,
  )
}

// Any session can give its own login defaults, which then hold for all sessions of that login. One is of provisioning.
async function ownSettings(run: Run): Promise<string[]> {
  const rows = await run(`
    SELECT split_part(setting, '=', 1) AS name
      FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) setting
     WHERE r.rolname = current_user ORDER BY 1`)
  return namesOf(rows).filter(name => name !== CHECK_INTERVAL)
}

export async function memberships({ role, run, others }: Subject): Promise<Verdict> {
  // From 16 on the attributes of a role come only with the right to SET ROLE to it; before, with any membership.
  const rows = await run(`
    SELECT r.rolname AS name,
           (r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls)
             AND pg_has_role(r.oid, CASE WHEN current_setting('server_version_num')::int >= 160000
                                         THEN 'SET' ELSE 'MEMBER' END) AS powerful,
           EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles me ON me.oid = m.member
                    WHERE m.roleid = r.oid AND me.rolname = current_user AND m.admin_option) AS may_grant
      FROM pg_roles r WHERE r.rolname <> current_user AND pg_has_role(r.oid, 'MEMBER') ORDER BY 1`)
  const forbidden = [...others, ...DANGEROUS, ...(role === 'reader' ? ['pg_write_all_data'] : [])]
  const wrong = rows.flatMap(({ name, powerful, may_grant }) => {
    if (name != null && forbidden.includes(name)) return [`is a member of ${name}`]
    if (powerful === 't') return [`can become ${name}, which has special attributes`]
    return may_grant === 't' ? [`may grant ${name} to others`] : []
  })
  if (wrong.length > 0) return no(some(wrong))
  return yes(rows.length === 0 ? 'member of no role' : `member of ${some(namesOf(rows))}`)
}

export async function read({ run }: Subject): Promise<Verdict> {
  const readable = `has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')`
  const [counts = {}] = await run(
    `SELECT count(*) AS tables, count(*) FILTER (WHERE ${readable}) AS readable FROM ${USER_TABLES}`,
  )
  const { tables, readable: count } = counts
  if (tables === '0') return yes('no table to try')
  if (count === '0') return no(`can read none of ${tables} tables and views`)
  const table = await oneTable(run, readable)
  if (table !== null && (await refusal(run, `SELECT FROM ${table} LIMIT 1`)) !== null) return no(`can't read ${table}`)
  return yes(`can read ${count} of ${tables} tables and views`)
}

export async function write({ role, run }: Subject): Promise<Verdict> {
  const may = role === 'reader' ? `(${MAY_CHANGE} OR ${MAY_HINDER})` : MAY_CHANGE
  const changeable = await run(`SELECT ${NAME} AS name FROM ${USER_TABLES} AND ${may} ORDER BY 1 LIMIT 100`)
  // CASE, because the function refuses other relations, and WHERE may ask in any order.
  const sequences = await run(`
    SELECT ${NAME} AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${USER_SCHEMAS}
       AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE, UPDATE') ELSE false END
     ORDER BY 1 LIMIT 100`)
  const table = await oneTable(run, 'true')
  // EXPLAIN checks the privileges as the statement would, but runs nothing: no row, no trigger.
  const refused = table === null ? null : await refusal(run, `EXPLAIN DELETE FROM ${table}`)
  if (role === 'reader') {
    const all = [...changeable, ...sequences]
    if (all.length > 0) return no(`can change ${some(namesOf(all))}`)
    if (table === null) return yes('no table to try, and no right to change one')
    return refused === null ? no(`can delete from ${table}`) : yes(`can't change ${table} or any other table`)
  }
  if (table === null) return yes('no table to try')
  if (changeable.length === 0) return no('can change no table')
  return yes(refused === null ? `can delete from ${table}` : `can change ${some(namesOf(changeable))}`)
}

export async function create({ role, run }: Subject): Promise<Verdict> {
  const places = await run(`
    SELECT 'schema ' || quote_ident(n.nspname) AS name, quote_ident(n.nspname) AS schema FROM pg_namespace n
     WHERE ${USER_SCHEMAS} AND has_schema_privilege(n.oid, 'CREATE')
     UNION ALL SELECT 'the database', NULL WHERE has_database_privilege(current_database(), 'CREATE') ORDER BY 1`)
  if (role === 'admin')
    return places.length > 0 ? yes(`can create in ${some(namesOf(places))}`) : no('can create nothing')
  if (places.length === 0) return yes('can create nothing')
  return no(`can create in ${some(namesOf(places))}; revoke CREATE there, from PUBLIC if it has it`)
}

export async function become({ run, others }: Subject): Promise<Verdict> {
  const [me] = await run('SELECT current_user AS name')
  const became: string[] = []
  for (const other of others) {
    if (other === me?.['name']) became.push(`${other} is its own login too`)
    if ((await refusal(run, `SET LOCAL ROLE ${identifier(other)}`)) === null) became.push(`SET ROLE ${other} works`)
    const authorization = `SET LOCAL SESSION AUTHORIZATION ${identifier(other)}`
    if ((await refusal(run, authorization)) === null) became.push(`SET SESSION AUTHORIZATION ${other} works`)
  }
  return became.length === 0 ? yes(`can't become ${others.join(' or ')}`) : no(some(became))
}

const NAME = `quote_ident(n.nspname) || '.' || quote_ident(c.relname)`

// An ordinary table: to try it costs nothing, while a view may compute for hours.
async function oneTable(run: Run, condition: string): Promise<string | null> {
  const rows = await run(
    `SELECT ${NAME} AS name FROM ${USER_TABLES} AND c.relkind = 'r' AND ${condition} ORDER BY 1 LIMIT 1`,
  )
  return rows[0]?.['name'] ?? null
}

/** Tries a statement and undoes it. Returns the SQLSTATE of the refusal, or null when it went through. */
async function refusal(run: Run, sql: string): Promise<string | null> {
  await run('SAVEPOINT try')
  try {
    await run(sql)
    return null
  } catch (error) {
    if (error instanceof QueryError) return error.sqlstate
    throw error
  } finally {
    await run('ROLLBACK TO SAVEPOINT try')
  }
}

function namesOf(rows: readonly Row[]): string[] {
  return rows.map(({ name }) => name ?? '')
}

const SHOWN = 5

export function some(names: readonly string[], shown = SHOWN): string {
  const more = names.length - shown
  return more > 0 ? `${names.slice(0, shown).join(', ')} and ${more} more` : names.join(', ')
}

export function yes(detail: string, hint: string | null = null): Verdict {
  return { ok: true, detail, hint }
}

export function no(detail: string, hint: string | null = null): Verdict {
  return { ok: false, detail, hint }
}
