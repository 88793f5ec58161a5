// The one table of refusals: every way Postern tells a client no, with the SQLSTATE and the words the client may read.
// SQLSTATEs: PostgreSQL manual, appendix A. The README lists this table, and a test keeps the two equal.

export interface RefusalRule {
  /** Five characters, PostgreSQL manual appendix A. */
  readonly sqlstate: string
  /** The primary message: fit for any client's eyes, the same for every cause behind the code. */
  readonly text: string
  /** What the person at the client can do about it. */
  readonly hint: string
  /** What it means to an operator; the README shows it. */
  readonly cause: string
}

export const REFUSALS = {
  credentials_rejected: {
    sqlstate: '28P01',
    text: 'password authentication failed',
    hint: 'Use the account name as user and one of its active API-key tokens as password. An admin can look up the reference.',
    cause:
      'Unknown account, a token that is wrong, expired, disabled or revoked, or an address that the account may not log in from. The log tells which.',
  },
  tls_required: {
    sqlstate: '28000',
    text: 'this listener requires TLS',
    hint: 'Connect with sslmode=require or stronger.',
    cause: 'The client tried to log in without TLS on a listener that requires it.',
  },
  client_certificate_required: {
    sqlstate: '28000',
    text: 'this listener requires a client certificate',
    hint: 'Connect with sslcert and sslkey: a certificate that is valid, and of an authority that this listener knows.',
    cause: "The client showed no certificate, or one that the listener's client_ca_file does not vouch for.",
  },
  channel_binding_failed: {
    sqlstate: '28000',
    text: 'the TLS connection of the client does not end at the proxy',
    hint: 'Somebody in between reads along, or a load balancer ends TLS: connect with sslmode=verify-full, and past it.',
    cause:
      "The client bound its proof to another TLS connection than the proxy's, or was made to believe that the proxy can't.",
  },
  database_denied: {
    sqlstate: '42501',
    text: 'no such database, or the account may not use it',
    hint: 'Check the database name, or ask an admin for access to it.',
    cause: 'The database is not registered, or no grant of the account reaches it.',
  },
  too_many_connections: {
    sqlstate: '53300',
    text: 'too many connections',
    hint: 'Try again in a few seconds; an operator can raise limits.connections.',
    cause: 'The proxy has as many client connections as limits.connections allows.',
  },
  too_many_connections_of_address: {
    sqlstate: '53300',
    text: 'too many connections from this address',
    hint: 'Close some of them; an operator can raise limits.connections_per_address.',
    cause: 'The address has as many connections as limits.connections_per_address allows.',
  },
  too_many_logins: {
    sqlstate: '53300',
    text: 'too many logins at the same time',
    hint: 'Try again in a few seconds.',
    cause:
      'As many logins are under way as login.max_in_flight allows, or as many tokens wait as login.argon2_queue does.',
  },
  too_many_sessions_of_account: {
    sqlstate: '53300',
    text: 'too many sessions of this account',
    hint: 'Close some of them, as with a smaller pool; an operator can raise limits.sessions_per_account.',
    cause: 'The account has as many sessions on this instance as limits.sessions_per_account allows.',
  },
  too_many_sessions_of_key: {
    sqlstate: '53300',
    text: 'too many sessions of this API key',
    hint: 'Close some of them, or use another key of the account; an operator can raise limits.sessions_per_key.',
    cause: 'The key has as many sessions on this instance as limits.sessions_per_key allows.',
  },
  too_many_failed_logins: {
    sqlstate: '28000',
    text: 'too many failed logins',
    hint: 'Wait, and use the account name as user and one of its active API-key tokens as password. An admin can end the wait.',
    cause:
      'The network of the client has shown as many bad tokens as failed_logins.per_network allows. `postern login-block list` shows such networks.',
  },
  starting: {
    sqlstate: '57P03',
    text: 'the proxy is starting up',
    hint: 'Try again in a few seconds.',
    cause: 'The revocation list has not been loaded yet.',
  },
  draining: {
    sqlstate: '57P03',
    text: 'the proxy is shutting down',
    hint: 'Connect again: another instance will answer.',
    cause: 'This instance drains and takes no new sessions.',
  },
  list_stale: {
    sqlstate: '57P03',
    text: 'the proxy can not check for revoked keys at the moment',
    hint: 'Try again later; an operator should look at the control-plane store.',
    cause: 'The revocation list is older than revocation.max_age, so the proxy fails closed.',
  },
  store_unavailable: {
    sqlstate: '57P03',
    text: 'the proxy can not look up the account at the moment',
    hint: 'Try again later; an operator should look at the control-plane store.',
    cause: 'The account or database is not cached, and the store did not answer in time.',
  },
  secrets_unreadable: {
    sqlstate: '57P03',
    text: 'the proxy cannot open the stored login of the database',
    hint: 'Try again: another instance may answer; an operator should check secret_key and retired_secret_keys of this instance.',
    cause:
      'The login of the database was sealed with a key that is neither secret_key nor among retired_secret_keys of this instance, or its row was altered.',
  },
  upstream_unreachable: {
    sqlstate: '08006',
    text: 'the database server could not be reached',
    hint: 'Try again; if it lasts, give the reference to an admin.',
    cause: 'Connecting to the database failed: refused, timed out, name or TLS check failed.',
  },
  upstream_login_failed: {
    sqlstate: '08006',
    text: 'the database server did not accept the login that stands for this account',
    hint: 'An admin should run `postern database check` on this database.',
    cause: 'The stored login was refused, or the server behaved in a way no honest server does.',
  },
  upstream_error: {
    sqlstate: '08006',
    text: 'the database server refused the session',
    hint: 'Try again; if it lasts, give the reference to an admin.',
    cause:
      "The server's own error: too many connections, unknown database, starting up. It reaches the client unchanged, with its own SQLSTATE.",
  },
  upstream_lost: {
    sqlstate: '08006',
    text: 'the connection to the database server was lost',
    hint: 'Connect again; if it lasts, give the reference to an admin.',
    cause: 'The database closed or lost the connection of a live session without a word.',
  },
  protocol_violation: {
    sqlstate: '08P01',
    text: 'the client broke the PostgreSQL protocol',
    hint: 'Check that the program is a PostgreSQL client and connects to the right port.',
    cause: 'Bytes that no PostgreSQL client sends at that point.',
  },
  login_timeout: {
    sqlstate: '57014',
    text: 'the login took too long',
    hint: 'Try again; check the network between the client and the proxy.',
    cause:
      'The login, or the part of it that it was in, did not finish before its deadline: login.timeout, login.startup_timeout, login.challenge_timeout.',
  },
  replication_refused: {
    sqlstate: '0A000',
    text: 'replication connections are not supported',
    hint: 'Connect without the replication parameter.',
    cause: 'The client asked for a replication connection.',
  },
  session_revoked: {
    sqlstate: '57P01',
    text: 'session ended: the API key was revoked',
    hint: 'Connect with another active key of the account.',
    cause: 'The key of a live session was revoked.',
  },
  session_expired: {
    sqlstate: '57P01',
    text: 'session ended: the API key expired',
    hint: 'Create a new key and connect with it.',
    cause: 'The key of a live session reached its expiry.',
  },
  session_disabled: {
    sqlstate: '57P01',
    text: 'session ended: the account was disabled',
    hint: 'Ask an admin to enable the account.',
    cause: 'The account of a live session was disabled.',
  },
  session_deleted: {
    sqlstate: '57P01',
    text: 'session ended: the account was deleted',
    hint: 'Use another account.',
    cause: 'The account of a live session was deleted.',
  },
  session_access_changed: {
    sqlstate: '57P01',
    text: 'session ended: access to the database changed',
    hint: 'Connect again to get what the account may do now.',
    cause:
      'What the session depended on was taken away: role, grant, database, login or the address that it came from.',
  },
  session_drained: {
    sqlstate: '57P01',
    text: 'session ended: drained, as the proxy is shutting down',
    hint: 'Connect again: another instance will answer.',
    cause: 'The drain deadline passed, or the session was idle while the instance drained.',
  },
  session_ended_by_admin: {
    sqlstate: '57P01',
    text: 'session ended by an admin',
    hint: 'Connect again, or ask the admin why.',
    cause: 'An admin ended this session.',
  },
  session_list_stale: {
    sqlstate: '57P01',
    text: 'session ended: the proxy can not check for revoked keys',
    hint: 'Try again later; an operator should look at the control-plane store.',
    cause:
      'The revocation list, or a change that could not be looked up, is older than revocation.max_age and revocation.when_stale is end-sessions.',
  },
  internal_error: {
    sqlstate: 'XX000',
    text: 'internal error in the proxy',
    hint: 'Give the reference to an admin: the log has the details.',
    cause: 'A defect in Postern. Please report it.',
  },
} as const satisfies Record<string, RefusalRule>

export type RefusalCode = keyof typeof REFUSALS

/** Finds the refusal for a look-up in the store that failed: the one that the store's side has decided on, or
 * `store_unavailable`. */
export function storeRefusal(cause: unknown): Refusal {
  return cause instanceof Refusal ? cause : new Refusal('store_unavailable', { cause })
}

/** The codes with which a live session is ended (all SQLSTATE 57P01). */
export type SessionEndCode = Extract<RefusalCode, `session_${string}`>

/** The true reason behind `credentials_rejected`: for the log and metrics, never for the client. */
export type CredentialReason =
  /** No account of that name. */
  | 'unknown_account'
  /** The proof or token matches no key of the account. */
  | 'wrong_token'
  /** The password does not have the form of a token (password listeners only). */
  | 'malformed_token'
  /** The key has expired. */
  | 'expired'
  /** The key was revoked. */
  | 'revoked'
  /** The account is disabled. */
  | 'disabled'
  /** The account was deleted. */
  | 'deleted'
  /** The account may not log in from the client's address. */
  | 'address'

/** The true reason behind `database_denied`: for the log and metrics, never for the client. */
export type DenialReason =
  /** No grant of its own and no group of its reaches it, or it was not chosen when the pinned account was made. */
  | 'not_granted'
  /** The maker of the pinned account is disabled or deleted. */
  | 'maker_inactive'
  /** The maker of the pinned account has no role on it any more. */
  | 'maker_lost_it'

/** The true reason of a refusal, where there is one that the client must not know, or else its code. */
export type RefusalReason = RefusalCode | CredentialReason | DenialReason

export interface RefusalOptions {
  /** Why in truth, where the client must not know. Default: the code itself. */
  readonly reason?: CredentialReason | DenialReason
  /** The key whose token was shown, where it was the right one and still refused. For the log only. */
  readonly keyId?: string | undefined
  /** When it is worth another try; the client reads it. */
  readonly retryAfterSeconds?: number
  /** Whether the connection is closed without an answer, as Postgres does before it has a valid start-up packet. */
  readonly isUnanswered?: boolean
  /** The error that led here, for the log only. */
  readonly cause?: unknown
}

/** A no to a client; `message` is what it reads. Leaves throw their own small errors; whoever knows the meaning turns them into a Refusal. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly rule: RefusalRule
  readonly keyId: string | null
  /** Metric label and log field. A closed set. */
  readonly reason: RefusalReason
  readonly isUnanswered: boolean

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    const rule: RefusalRule = REFUSALS[code]
    const { retryAfterSeconds } = options
    super(
      retryAfterSeconds === undefined ? rule.text : `${rule.text}, retry after ${retryAfterSeconds} seconds`,
      options.cause === undefined ? {} : { cause: options.cause },
    )
    this.name = 'Refusal'
    this.code = code
    this.rule = rule
    this.keyId = options.keyId ?? null
    this.reason = options.reason ?? code
    this.isUnanswered = options.isUnanswered ?? false
  }
}
