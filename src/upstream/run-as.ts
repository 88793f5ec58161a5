// Opens a session of Postern's own on an upstream, for an admin's errands, and closes it in good order.

import { terminate } from '../wire/frontend.js'
import { dial } from './dial.js'
import { logIn } from './login.js'
import { query, type Row } from './query.js'
import { SaltedPasswords } from './salted-passwords.js'
import type { Target } from './target.js'

/** Where and as whom to log in: what `parseDatabaseUrl` gives. */
export interface Access {
  readonly target: Target
  readonly dbname: string
  readonly user: string
  readonly password: string
}

/** Runs SQL in the session; throws QueryError or UpstreamError. */
export type Run = (sql: string) => Promise<Row[]>

export interface Session {
  readonly run: Run
  /** As the server names it: `18.1` or `15.20 (Debian 15.20-0+deb12u1)`. */
  readonly serverVersion: string
}

const CONNECT_TIMEOUT_MS = 10_000

// Only the catalog's own functions and operators: whoever may create objects in the database could otherwise have an
// admin's session run theirs (CVE-2018-1058). The time-outs keep a locked table from holding up the errand.
const PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['client_encoding', 'UTF8'],
  ['application_name', 'postern'],
  ['search_path', 'pg_catalog'],
  ['options', '-c statement_timeout=20s -c lock_timeout=5s'],
])

/**
 * Logs in, runs `work` and leaves; an open transaction is rolled back by the server.
 * @throws UpstreamError as `dial` and `logIn` do, and what `work` throws
 */
export async function runAs<T>(
  access: Access,
  work: (session: Session) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const given = signal === undefined ? {} : { signal }
  const leg = await dial(access.target, { connectTimeoutMs: CONNECT_TIMEOUT_MS, ...given })
  const saltedPasswords = new SaltedPasswords(1)
  const session = await logIn(leg, { ...access, parameters: PARAMETERS, minor: 0, saltedPasswords, ...given })
  try {
    const run = async (sql: string) => (await query(session, sql, given)).rows
    return await work({ run, serverVersion: session.parameterStatus.get('server_version') ?? 'unknown' })
  } finally {
    if (!leg.socket.destroyed) leg.socket.end(terminate(), () => leg.destroy())
  }
}
