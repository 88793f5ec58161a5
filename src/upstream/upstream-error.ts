// The one error of dialing an upstream and logging in there: which step failed, and whose fault it was.

/** Who or what failed. A metric label: a closed set. */
export type UpstreamErrorKind =
  /** No connection: refused, no such host, or closed by the server without a word. */
  | 'unreachable'
  /** The deadline passed. */
  | 'timeout'
  /** The caller gave up, because its client has gone or the proxy is stopping. */
  | 'aborted'
  /** TLS was refused, or the handshake or the check of the certificate failed. */
  | 'tls'
  /** The server refused the stored login (SQLSTATE class 28). Its text names the login: not for the client's eyes. */
  | 'login_refused'
  /** The server sent an error of another class: unknown database, too many connections, starting up. */
  | 'server'
  /** The server did what no honest Postgres does, or asked for what Postern does not do. */
  | 'protocol'

export interface UpstreamErrorOptions {
  /** The server's ErrorResponse as it came, header included: only for kinds `server` and `login_refused`. */
  readonly raw?: Buffer
  /** Five characters, PostgreSQL manual appendix A: with `raw` only. */
  readonly sqlstate?: string
  /** Whether this was the server's first answer, before it asked for authentication: with `raw` only. */
  readonly isFirstAnswer?: boolean
  readonly cause?: unknown
}

/**
 * Says what was being done when an upstream failed. The message holds host, port and step, never a password or the
 * server's own words: it may be logged. `raw` may be passed on to the client when the kind is `server`.
 */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly kind: UpstreamErrorKind
  readonly raw?: Buffer
  readonly sqlstate?: string
  readonly isFirstAnswer: boolean

  constructor(kind: UpstreamErrorKind, message: string, options: UpstreamErrorOptions = {}) {
    const { raw, sqlstate, isFirstAnswer, cause } = options
    super(message, cause === undefined ? {} : { cause })
    this.kind = kind
    this.isFirstAnswer = isFirstAnswer ?? false
    if (raw !== undefined) this.raw = raw
    if (sqlstate !== undefined) this.sqlstate = sqlstate
  }
}

/** Wraps an error of a step, `upstream login` say, unless it is an UpstreamError already. */
export function asUpstreamError(kind: UpstreamErrorKind, step: string, error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error
  return new UpstreamError(kind, `${step}: ${reasonOf(error)}`, { cause: error })
}

/** Waits for a step's work, and wraps its error as `asUpstreamError` does. */
export async function attempt<T>(kind: UpstreamErrorKind, step: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw asUpstreamError(kind, step, error)
  }
}

// A connect to several addresses fails with an AggregateError, whose message is empty but whose code is not.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.message !== '') return error.message
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
