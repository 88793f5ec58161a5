// How to connect an account to a database through the proxy, for psql and libpq; connection-tools.ts has the rest.
// PostgreSQL manual, "Database Connection Control Functions" and "SSL Support".

import type { Static } from 'typebox'
import { connectionTools } from './connection-tools.js'
import {
  connectionUri,
  jdbcUrl,
  TOKEN_PLACEHOLDER,
  type ConnectionRequest,
  type ConnectionTarget,
} from './connection-uri.js'
import { dsnValue, pgpassField, shellWord } from './quoting.js'
import type { ConnectionSchema } from './resources/connection.js'

/** Makes everything but the token. Every form checks the proxy's certificate where its tool can. */
export function connectionInfo(request: ConnectionRequest): Static<typeof ConnectionSchema> {
  const target: ConnectionTarget = { ...request, sslmode: sslmodeFor(request) }
  const { host, port, database, account, role, sslmode, caFile } = target
  const sslrootcert = sslmode === 'verify-full' ? caFile : null
  return {
    account,
    database,
    role,
    host,
    port,
    sslmode,
    sslrootcert,
    password: TOKEN_PLACEHOLDER,
    uri: connectionUri(target, { sslmode, sslrootcert }),
    psql: psqlLine(target),
    pgpass: [host, String(port), database, account].map(pgpassField).concat(TOKEN_PLACEHOLDER).join(':'),
    dsn: dsn(target, sslrootcert),
    env: {
      PGHOST: host,
      PGPORT: String(port),
      PGDATABASE: database,
      PGUSER: account,
      PGPASSWORD: TOKEN_PLACEHOLDER,
      PGSSLMODE: sslmode,
      ...(sslrootcert === null ? {} : { PGSSLROOTCERT: sslrootcert }),
    },
    jdbc: { url: jdbcUrl(target), user: account, password: TOKEN_PLACEHOLDER },
    tools: connectionTools(target),
    notes: tlsNotes(target),
  }
}

// libpq before 16 can not use the system's authorities, and fails for verify-full without a file: require works with
// all of them, and psql's own line asks for more.
function sslmodeFor({ tls, caFile }: ConnectionRequest): ConnectionTarget['sslmode'] {
  if (tls === 'off') return 'disable'
  return caFile === null ? 'require' : 'verify-full'
}

function psqlLine(target: ConnectionTarget): string {
  const { tls, caFile, sslmode } = target
  const parameters =
    tls === 'off' ? { sslmode } : { sslmode: 'verify-full', sslrootcert: caFile === null ? 'system' : caFile }
  return `PGPASSWORD=${shellWord(TOKEN_PLACEHOLDER)} psql ${shellWord(connectionUri(target, parameters, { withToken: false }))}`
}

function dsn({ host, port, database, account, sslmode }: ConnectionTarget, sslrootcert: string | null): string {
  const pairs = [
    ['host', host],
    ['port', String(port)],
    ['dbname', database],
    ['user', account],
    ['password', TOKEN_PLACEHOLDER],
    ['sslmode', sslmode],
    ...(sslrootcert === null ? [] : [['sslrootcert', sslrootcert]]),
  ]
  return pairs.map(([name = '', value = '']) => `${name}=${dsnValue(value)}`).join(' ')
}

function tlsNotes({ tls, caFile }: ConnectionTarget): string[] {
  if (tls === 'off') return ['The proxy listens without TLS here: use it over loopback or a private network only.']
  if (caFile !== null)
    return [`Clients on other machines need a copy of ${caFile}, and its place there in sslrootcert.`]
  return [
    'sslrootcert=system needs psql 16 or newer. With an older one, use sslmode=require, which encrypts but does not ' +
      'check who answers.',
  ]
}
