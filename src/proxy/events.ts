// What the proxy tells of itself. The composition root turns it into metrics and log lines; nothing here decides.

import type { Refusal, SessionEndCode } from '../errors.js'
import type { UpstreamErrorKind } from '../upstream/upstream-error.js'
import type { RelayEnd } from './relay.js'
import type { Session } from './sessions.js'
import type { Visit } from './visit.js'

/** A part of a login whose time is measured. */
export type Phase =
  /** The TLS handshake. */
  | 'tls'
  /** Waiting for the client in the SCRAM or password exchange. */
  | 'challenge'
  /** Finding the account and the database: the cache, or the store. */
  | 'lookup'
  /** Checking the proof or the token. */
  | 'verify'
  /** Connecting to the database and logging in there. */
  | 'upstream'

/** Why a session is over: what ended it, from the client's, the upstream's or the proxy's side. */
export type CloseReason = Exclude<RelayEnd['how'], 'ended'> | SessionEndCode

export type CancelOutcome =
  /** Passed on to the database. */
  | 'sent'
  /** Passed on to the database by another instance, which has the session. */
  | 'forwarded'
  /** No session here has this key, and no other instance has said in time that one of theirs does. */
  | 'unknown_key'
  /** The database, or the other instances, could not be told. */
  | 'failed'
  /** Too many requests were under way, or too many with wrong keys came from one network. */
  | 'limited'

export interface ProxyEvents {
  accepted(): void
  /** A valid start-up packet came: a login began. It ends with `opened`, `refused` or `abandoned`. */
  loginStarted(): void
  opened(session: Session, visit: Visit): void
  closed(session: Session, reason: CloseReason, end: RelayEnd): void
  /** Also for what never became a login: garbage, or a start-up packet that asks for what is not offered. */
  refused(refusal: Refusal, visit: Visit): void
  /** The client went away before its login was decided, or before it began: health checks and port scans. */
  abandoned(visit: Visit): void
  upstreamConnected(database: string, seconds: number): void
  upstreamFailed(database: string, kind: Exclude<UpstreamErrorKind, 'aborted'>): void
  canceled(outcome: CancelOutcome): void
  /** A session was ended by a change in the store, this long after the change was written there. */
  propagated(seconds: number): void
  /** Something that should not happen, and that no client is told of. */
  failed(what: string, error: unknown): void
}
