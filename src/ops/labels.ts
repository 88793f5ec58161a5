// The values that metric labels may take. All sets are closed: a label that a client could choose would let anyone fill
// the memory of Postern and of Prometheus. Databases are bounded by the registry, routes by the API's own table.

import type { SessionEndCode } from '../errors.js'

/** Steps of a login, as in the drawing of a connection's life. */
export type LoginPhase =
  /** The TLS handshake. */
  | 'tls'
  /** The SCRAM or password exchange with the client. */
  | 'challenge'
  /** Reading the account and the database: cache, or the store. */
  | 'lookup'
  /** Checking the proof or token, and what it may reach. */
  | 'verify'
  /** Connecting and logging in to the upstream server. */
  | 'upstream'

export type CloseReason =
  | SessionEndCode
  /** The client said goodbye or closed its side. */
  | 'client_closed'
  /** The client's connection broke. */
  | 'client_lost'
  /** The upstream server closed its side. */
  | 'upstream_closed'
  /** The upstream connection broke. */
  | 'upstream_lost'

export type UpstreamFailure =
  /** No connection: refused, no route, unknown name. */
  | 'unreachable'
  /** The deadline passed. */
  | 'timeout'
  /** The TLS handshake or the certificate check failed. */
  | 'tls'
  /** The server refused the stored login. */
  | 'login_refused'
  /** The server answered with another error. */
  | 'server'
  /** The server broke the protocol. */
  | 'protocol'

export type CancelOutcome =
  /** Passed on to the upstream server. */
  | 'sent'
  /** Passed on to the upstream server by the instance that holds the session. */
  | 'forwarded'
  /** No instance knows the key, or none has answered in time. */
  | 'unknown_key'
  /** The upstream server, or the other instances, could not be told. */
  | 'failed'
  /** Too many requests were under way, or too many with wrong keys came from one network. */
  | 'limited'

export type RefreshOutcome = 'ok' | 'failed'

export type CacheResult = 'hit' | 'miss'

export interface ReportLabels {
  readonly report:
    /** The instance itself and its live sessions. */
    | 'instance'
    /** The last use of keys. */
    | 'key_uses'
    /** Logins, for the audit log. */
    | 'logins'
    /** Networks whose logins are refused. */
    | 'login_blocks'
  readonly outcome: 'ok' | 'failed'
}

export interface SessionLabels {
  /** The registered name. */
  readonly database: string
  readonly role: 'reader' | 'writer' | 'admin'
}

export interface ApiRequest {
  /** The route's pattern, as `/v1/keys/:id`; never the path that was asked for. */
  readonly route: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** The HTTP status code. */
  readonly status: number
}
