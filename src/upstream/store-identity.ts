// Recognizes Postern's own store among the databases of a server. By what the server says of itself, as every server has many
// addresses: host names, IPv4 and IPv6, sockets, poolers. Manual, "System Information Functions".

import type { Run } from './run-as.js'

/** Which database the store is, as read on the store's own connection. */
export interface StoreIdentity {
  /** Shared by a server and its copies, which hold the store too. null: its role may not read it. */
  readonly systemIdentifier: string | null
  /** Seconds since the epoch, with microseconds. */
  readonly startedAt: string
  readonly oid: string
  readonly dbname: string
}

/** Where the store is from a session's point of view. */
export type StorePlace = 'elsewhere' | 'same-server' | 'this-database'

/** Finds out where the store is. @throws QueryError, UpstreamError */
export async function locateStore(run: Run, store: StoreIdentity): Promise<StorePlace> {
  const [row = {}] = await run(`
    SELECT extract(epoch FROM pg_postmaster_start_time())::text AS started_at, oid::text AS oid,
           has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS readable
      FROM pg_database WHERE datname = current_database()`)
  const [control] =
    row['readable'] === 't' ? await run('SELECT system_identifier::text AS id FROM pg_control_system()') : []
  const systemIdentifier = control?.['id'] ?? null
  const isSameServer =
    systemIdentifier !== null && store.systemIdentifier !== null
      ? systemIdentifier === store.systemIdentifier
      : row['started_at'] === store.startedAt
  if (!isSameServer) return 'elsewhere'
  return row['oid'] === store.oid ? 'this-database' : 'same-server'
}
