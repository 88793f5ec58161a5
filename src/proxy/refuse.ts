// The only door through which a client is told no. Everything that goes wrong in a login ends here, and becomes one of
// the texts in errors.ts: no error message of ours ever reaches a client as it is.

import { Refusal } from '../errors.js'
import { UpstreamError, type UpstreamErrorKind } from '../upstream/upstream-error.js'
import { errorResponse } from '../wire/backend.js'
import { WireError } from '../wire/wire-error.js'
import type { ClientConnection } from './client.js'

/** How long a client may take to read its refusal and close. */
const GOODBYE_MS = 2_000

/** Finds the refusal for whatever a step of the login threw. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof WireError) return new Refusal('protocol_violation', { cause: error })
  if (error instanceof UpstreamError) return new Refusal(UPSTREAM_CODES[error.kind], { cause: error })
  return new Refusal('internal_error', { cause: error })
}

const UPSTREAM_CODES = {
  unreachable: 'upstream_unreachable',
  timeout: 'upstream_unreachable',
  tls: 'upstream_unreachable',
  aborted: 'upstream_unreachable',
  server: 'upstream_error',
  login_refused: 'upstream_login_failed',
  protocol: 'upstream_login_failed',
} as const satisfies Record<UpstreamErrorKind, string>

/** Builds the ErrorResponse of a refusal; `reference` lets an admin find the true reason in the log. */
export function fatal(refusal: Refusal, reference: string): Buffer {
  const { sqlstate, hint } = refusal.rule
  return errorResponse({
    severity: 'FATAL',
    code: sqlstate,
    message: refusal.message,
    detail: `Reference: ${reference}`,
    hint,
  })
}

/** Tells the client no and closes the connection. An upstream's own error (too many connections, unknown database,
 * starting up) goes out as it came. */
export function refuse(client: ClientConnection, refusal: Refusal, reference: string): void {
  if (refusal.isUnanswered) return dismiss(client)
  const upstreams = refusal.cause instanceof UpstreamError && refusal.cause.kind === 'server' ? refusal.cause.raw : null
  dismiss(client, upstreams ?? fatal(refusal, reference))
}

/** Closes the connection behind these last words: soon, whether or not the client closes its side too. */
export function dismiss({ socket }: ClientConnection, lastWords: Buffer = Buffer.alloc(0)): void {
  socket.end(lastWords)
  // Read on, or the kernel answers late bytes of the client with a reset that can overtake the refusal.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), GOODBYE_MS)
  socket.once('close', () => clearTimeout(timer))
}
