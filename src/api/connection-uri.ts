// Connection strings in the form of a URI: libpq's and what others made of it.
// PostgreSQL manual, "Connection URIs"; pgjdbc manual, "Connecting to the Database".

import type { Role } from '../auth/account.js'
import { uriDatabase, uriHost, uriPart, uriQuery } from './quoting.js'

/** Whether the proxy's listener has TLS: must be used, may be used, is not there. */
export type ListenerTls = 'require' | 'allow' | 'off'

export interface ConnectionRequest {
  readonly host: string
  readonly port: number
  readonly tls: ListenerTls
  /** Path of the PEM file that checks the proxy's certificate; null: an authority that clients know already. */
  readonly caFile: string | null
  readonly database: string
  readonly account: string
  /** What the account is there. */
  readonly role: Role
}

/** What stands for the token: it needs no quoting in a URI's place, nor does a token. */
export const TOKEN_PLACEHOLDER = '<token>'

export interface ConnectionTarget extends ConnectionRequest {
  readonly sslmode: 'disable' | 'require' | 'verify-full'
}

/** Makes a URI with these parameters; `withToken: false` leaves the password out, for a command line. */
export function connectionUri(
  { host, port, database, account }: Pick<ConnectionTarget, 'host' | 'port' | 'database' | 'account'>,
  parameters: Readonly<Record<string, string | null>>,
  { scheme = 'postgresql', withToken = true } = {},
): string {
  const user = withToken ? `${uriPart(account)}:${TOKEN_PLACEHOLDER}` : uriPart(account)
  const query = uriQuery(parameters)
  return `${scheme}://${user}@${uriHost(host)}:${port}/${uriDatabase(database)}${query ? `?${query}` : ''}`
}

/** Makes the URL for pgjdbc. Without a file it is to use Java's own trust store, which is not what it does by
 * default. It takes no second slash, so that of a name is encoded. */
export function jdbcUrl({ host, port, database, sslmode, caFile, tls }: ConnectionTarget): string {
  const parameters: Record<string, string | null> =
    tls === 'off'
      ? { sslmode }
      : caFile === null
        ? { sslmode: 'verify-full', sslfactory: 'org.postgresql.ssl.DefaultJavaSSLFactory' }
        : { sslmode, sslrootcert: caFile }
  return `jdbc:postgresql://${uriHost(host)}:${port}/${uriPart(database)}?${uriQuery(parameters)}`
}
