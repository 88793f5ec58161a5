// The one error that leaves the store. PostgreSQL's own errors carry the values of a statement in their message, detail
// and context (password hashes among them), so nothing of theirs passes but SQLSTATE and the name of a constraint.
// SQLSTATEs: PostgreSQL manual, appendix A.

export type StoreErrorCode =
  /** What was named does not exist, or is deleted. */
  | 'not_found'
  /** Another account or database has the name. */
  | 'name_taken'
  /** The account has as many active keys as it may have. */
  | 'key_limit_reached'
  /** The key is revoked or expired, or has been rotated. */
  | 'key_not_active'
  /** It is the last active admin of the organization. */
  | 'last_admin'
  /** A groups-scoped account would be left without a group. */
  | 'needs_group'
  /** The change clashes with what is stored, or with another change made at the same time. */
  | 'conflict'
  /** A value breaks a rule of the schema, such as the form of a name. */
  | 'invalid'
  /** A list's cursor is not one that the store gave. */
  | 'bad_cursor'
  /** A stored secret can not be opened: wrong sealing key, or the row was tampered with. */
  | 'unsealable'
  /** A database lacks one of its three logins. */
  | 'incomplete'
  /** The store did not answer in time, or a lock was held for too long. */
  | 'timeout'
  /** The store can not be reached, is shutting down, is too busy, or denies its role a right. */
  | 'unavailable'
  /** The store's server is older than this version can work with. */
  | 'server_too_old'
  /** The store's schema is not one that this version can work with. */
  | 'bad_schema'
  /** A defect in Postern or in the store. */
  | 'internal'

export interface StoreErrorDetails {
  /** Five characters when PostgreSQL said no, or else a code of Node's such as ECONNREFUSED, or NO_TLS. */
  readonly sqlstate?: string
  readonly constraint?: string
}

/** In place of an SQLSTATE: the server offers no TLS, which the URL requires. */
export const NO_TLS = 'NO_TLS'

/** Says what the store was doing and why it failed, never with which values. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly sqlstate: string | null
  readonly constraint: string | null

  constructor(code: StoreErrorCode, doing: string, details: StoreErrorDetails = {}) {
    const suffix = [details.sqlstate, details.constraint].filter(Boolean).join(', ')
    super(`store: ${doing}: ${code}${suffix ? ` (${suffix})` : ''}`)
    this.name = 'StoreError'
    this.code = code
    this.sqlstate = details.sqlstate ?? null
    this.constraint = details.constraint ?? null
  }
}

/** Turns whatever `pg` threw into a StoreError; a StoreError stays itself. */
export function toStoreError(doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const code = field(error, 'code') ?? (isWithoutTls(error) ? NO_TLS : undefined)
  const constraint = field(error, 'constraint')
  const details = {
    ...(code === undefined ? {} : { sqlstate: code }),
    ...(constraint === undefined ? {} : { constraint }),
  }
  return new StoreError(code === undefined ? codeOfMessage(error) : codeOf(code, constraint), doing, details)
}

const NAME_CONSTRAINTS = new Set(['accounts_name', 'databases_name', 'groups_name'])

/** Rules of the schema that have a code of their own. */
const RULE_CONSTRAINTS: Readonly<Record<string, StoreErrorCode>> = {
  accounts_last_admin: 'last_admin',
  accounts_has_group: 'needs_group',
}

function codeOf(code: string, constraint: string | undefined): StoreErrorCode {
  switch (code) {
    case '23505': // unique_violation
      return constraint !== undefined && NAME_CONSTRAINTS.has(constraint) ? 'name_taken' : 'conflict'
    case '23514': // check_violation
      return RULE_CONSTRAINTS[constraint ?? ''] ?? 'invalid'
    case '23503': // foreign_key_violation
      return 'not_found'
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
      return 'conflict'
    case '57014': // query_canceled, by statement_timeout
    case '55P03': // lock_not_available, by lock_timeout
    case '25P03': // idle_in_transaction_session_timeout
    case 'ETIMEDOUT':
      return 'timeout'
    case '25006': // read_only_sql_transaction: a standby, or a store that was closed to writers
    case '42501': // insufficient_privilege: the store's role lacks a right, such as CONNECT
    case '54000': // program_limit_exceeded: the queue of notifications is full, or transaction IDs are used up
    case '55000': // object_not_in_prerequisite_state: the database accepts no connections, or is in recovery
    case '55006': // object_in_use
      return 'unavailable'
    case '3F000': // invalid_schema_name
    case '42P01': // undefined_table
    case '42703': // undefined_column
    case '42883': // undefined_function
      return 'bad_schema'
  }
  // 22: data exception, 23: integrity constraint violation.
  if (/^2[23]...$/.test(code)) return 'invalid'
  // 08: connection exception, 28: invalid authorization, 3D: no such database, 53: insufficient resources,
  // 57P: the server shuts down or starts, 58: its system fails. And what Node says of sockets and TLS (ECONNREFUSED,
  // CERT_HAS_EXPIRED).
  if (/^(08|28|3D|53|57P|58)/.test(code) || !/^[0-9A-Z]{5}$/.test(code)) return 'unavailable'
  return 'internal'
}

// `pg` has no codes for its own errors, only these messages.
function codeOfMessage(error: unknown): StoreErrorCode {
  const message = error instanceof Error ? error.message : ''
  if (/timeout/i.test(message)) return 'timeout'
  if (/connection|client|pool|SSL|TLS/i.test(message)) return 'unavailable'
  return 'internal'
}

function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections'
}

function field(error: unknown, name: 'code' | 'constraint'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value = (error as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : undefined
}
