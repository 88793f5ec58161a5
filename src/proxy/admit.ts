// The yes: everything a client is told between its login and its first query, in one write.
// Manual, "Start-up": AuthenticationOk, ParameterStatus, BackendKeyData, ReadyForQuery.

import type { UpstreamSession } from '../upstream/login.js'
import { authenticationOk, backendKeyData, parameterStatus, readyForQuery } from '../wire/backend.js'
import type { ClientConnection } from './client.js'

/** Lets the client in, with what the upstream said about its session. The key is the upstream's own: drivers and tools
 * use its process id, as in `pg_cancel_backend`. */
export function admit(client: ClientConnection, upstream: UpstreamSession): void {
  const parameters = [...upstream.parameterStatus].map(([name, value]) => parameterStatus(name, value))
  const key = upstream.backendKeyData ? [backendKeyData(upstream.backendKeyData)] : []
  client.write(
    Buffer.concat([
      authenticationOk(),
      ...parameters,
      ...key,
      ...upstream.notices,
      readyForQuery(upstream.transactionStatus),
    ]),
  )
}
