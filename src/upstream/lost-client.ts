// What a server does when a proxy dies within a query: by default it works on to the end, for nobody. It can look now and
// then whether its client is still there. Manual, client_connection_check_interval.

import { identifier } from './quote.js'
import { QueryError } from './query.js'
import type { Run } from './run-as.js'

/** The setting, from Postgres 14 on. */
export const CHECK_INTERVAL = 'client_connection_check_interval'

/** One system call a second, in sessions that are at work. */
const EVERY = '1s'

// Of a system that can't tell: Windows, and old macOS.
const INVALID_PARAMETER_VALUE = '22023'

/** Has the sessions of these logins end when their client is gone, in a transaction. Returns notes. */
export async function watchForLostClients(run: Run, users: readonly string[]): Promise<string[]> {
  await run('SAVEPOINT watch')
  try {
    for (const user of users) await run(`ALTER ROLE ${identifier(user)} SET ${CHECK_INTERVAL} = '${EVERY}'`)
    return []
  } catch (error) {
    if (!(error instanceof QueryError) || error.sqlstate !== INVALID_PARAMETER_VALUE) throw error
    await run('ROLLBACK TO SAVEPOINT watch')
    return [
      'The server can not look whether a client is still there: queries of a proxy that was killed go on to their end.',
    ]
  }
}
