// Which database of which server the store is, however it is addressed. PostgreSQL manual, "System Information Functions".

import type { Executor } from './pool.js'

export interface StoreIdentity {
  /** Shared by a server and its copies (standbys, restored backups), which hold the store too. null: may not be read. */
  readonly systemIdentifier: string | null
  /** When the server started, in seconds since the epoch with microseconds: no two servers share it. */
  readonly startedAt: string
  readonly oid: string
  readonly dbname: string
}

/** Reads it from the store itself. @throws StoreError */
export async function identifyStore(db: Executor): Promise<StoreIdentity> {
  const [row] = await db.run<Omit<StoreIdentity, 'systemIdentifier'> & { readable: boolean }>(DOING, IDENTITY_SQL)
  if (!row) throw new TypeError('a statement with one row returned none')
  const { startedAt, oid, dbname, readable } = row
  // A statement of its own: the right to execute a function is checked even where CASE does not reach it.
  const [control] = readable ? await db.run<{ id: string }>(DOING, CONTROL_SQL) : []
  return { systemIdentifier: control?.id ?? null, startedAt, oid, dbname }
}

const DOING = 'identify the store'

const IDENTITY_SQL = `
  select extract(epoch from pg_postmaster_start_time())::text as "startedAt", oid::text as oid, datname as dbname,
    has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') as readable
  from pg_database where datname = current_database()`

const CONTROL_SQL = 'select system_identifier::text as id from pg_control_system()'
