// Why the store could not be used, for the operator who typed a command: what failed, where, and what to do. PostgreSQL's
// own messages carry values, so only SQLSTATE and Node's error codes decide. SQLSTATEs: PostgreSQL manual, appendix A.

import { placeOf, type StorePlace } from '../store/pool.js'
import { NO_TLS, StoreError } from '../store/store-error.js'

export interface Failure {
  readonly message: string
  readonly hint: string
}

type Explain = (place: StorePlace) => Failure

const SETTING = 'store.url (POSTERN_STORE_URL)'

/** Explains a StoreError; null for what is no such error, or a defect.
 * @param url of the store; only its host, port and database are shown */
export function explainStoreFailure(error: unknown, url: string): Failure | null {
  if (!(error instanceof StoreError)) return null
  const sqlstate = error.sqlstate ?? ''
  const explain = BY_SQLSTATE[sqlstate] ?? BY_CODE[error.code] ?? unknown(sqlstate)
  return explain?.(error.code === 'invalid' ? NO_PLACE : placeOf(url)) ?? null
}

// The URL could not be parsed.
const NO_PLACE: StorePlace = { server: '', database: '' }

const rejected: Explain = ({ server, database }) => ({
  message: `the store at ${server} rejected the login to database ${database}`,
  hint: `check user and password of ${SETTING}, and pg_hba.conf of that server`,
})

const unresolved: Explain = ({ server }) => ({
  message: `cannot find the host of the store at ${server}: its name does not resolve`,
  hint: `check the host of ${SETTING} and the name servers of this machine`,
})

const silent: Explain = ({ server }) => ({
  message: `the store at ${server} did not answer in time`,
  hint: `check host and port of ${SETTING}, the network and its firewalls, and try again`,
})

const unreachable: Explain = ({ server }) => ({
  message: `cannot reach the store at ${server}`,
  hint: `check host, port and sslmode of ${SETTING}, and the network`,
})

const notNow: Explain = ({ server }) => ({
  message: `the store at ${server} is starting up or shutting down`,
  hint: 'try again when it accepts connections',
})

const locked: Explain = ({ server, database }) => ({
  message: `another migration, or a session in database ${database} at ${server}, holds a lock for too long`,
  hint: 'wait for the other migration, or find the session in pg_stat_activity, and run this again: nothing was changed',
})

const untrusted: Explain = ({ server }) => ({
  message: `the certificate of the store at ${server} is not trusted, is expired or has another name`,
  hint: `use the name of the certificate in ${SETTING}, and add sslrootcert=FILE to it with the authority that signed it`,
})

const BY_SQLSTATE: Readonly<Record<string, Explain>> = {
  '28P01': rejected, // invalid_password
  '28000': rejected, // invalid_authorization_specification
  '3D000': ({ server, database }) => ({
    message: `the store at ${server} has no database ${database}`,
    hint: `create it, as with createdb ${database}, or correct the database of ${SETTING}`,
  }),
  '42501': ({ server, database }) => ({
    message: `the user of the store lacks a privilege on database ${database} at ${server}`,
    hint:
      'run it as the owner of the schema postern of that database; ' +
      `if there is none yet: grant connect, create on database ${database} to that user`,
  }),
  // object_not_in_prerequisite_state: ALLOW_CONNECTIONS is false.
  '55000': ({ server, database }) => ({
    message: `database ${database} at ${server} does not accept connections`,
    hint: `alter database ${database} allow_connections true, or correct the database of ${SETTING}`,
  }),
  '57P01': notNow, // admin_shutdown
  '57P02': notNow, // crash_shutdown
  '57P03': notNow, // cannot_connect_now
  '53300': ({ server }) => ({
    message: `the store at ${server} has too many connections`,
    hint: 'close some, raise its max_connections, or raise the connection limit of the user or the database',
  }),
  '25006': ({ server }) => ({
    message: `the store at ${server} is read-only`,
    hint: `is it a standby? make ${SETTING} the address of the primary`,
  }),
  '53100': ({ server }) => ({
    message: `the disk of the store at ${server} is full`,
    hint: 'make room there and run this again: nothing was changed',
  }),
  '55P03': locked, // lock_not_available
  '57014': locked, // query_canceled, by statement_timeout
  ECONNREFUSED: ({ server }) => ({
    message: `nothing listens at ${server}, where the store should be: connection refused`,
    hint: `start that PostgreSQL server, or correct host and port of ${SETTING}`,
  }),
  // A Unix socket that is not there.
  ENOENT: ({ server }) => ({
    message: `nothing listens at ${server}, where the store should be`,
    hint: `start that PostgreSQL server, or correct the directory of its socket in ${SETTING}`,
  }),
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  ETIMEDOUT: silent,
  [NO_TLS]: ({ server }) => ({
    message: `the store at ${server} offers no TLS, but ${SETTING} requires it with sslmode`,
    hint: 'turn on ssl in postgresql.conf of that server, or write sslmode=disable where the network between is trusted',
  }),
  // Node's names of what OpenSSL says of a certificate: Node's documentation, "X509 certificate error codes".
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_HAS_EXPIRED: untrusted,
  CERT_NOT_YET_VALID: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
}

const BY_CODE: { readonly [Code in StoreError['code']]?: Explain } = {
  timeout: silent,
  unavailable: unreachable,
  server_too_old: ({ server }) => ({
    message: `the store at ${server} is older than PostgreSQL 14`,
    hint: `upgrade that server, or make ${SETTING} the address of a newer one`,
  }),
  bad_schema: ({ server, database }) => ({
    message: `database ${database} at ${server} was migrated by another version of Postern`,
    hint: 'run the version that migrated it last, or a newer one',
  }),
  invalid: () => ({
    message: 'the URL of the store cannot be parsed',
    hint: `write ${SETTING} as in postgres://user@host:5432/database, with special characters percent-encoded`,
  }),
}

function unknown(sqlstate: string): Explain | undefined {
  if (!/^[0-9A-Z]{5}$/.test(sqlstate)) return undefined
  return ({ server }) => ({
    message: `the store at ${server} refused a statement with SQLSTATE ${sqlstate}`,
    hint: 'the log of that server has its message; appendix A of the PostgreSQL manual has the code',
  })
}
