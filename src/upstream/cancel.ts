// Asks an upstream to cancel what a session runs. Manual, "Canceling Requests in Progress".

import { type CancelKey, encodeCancelRequest } from '../wire/startup.js'
import { withDeadline } from './deadline.js'
import { dial } from './dial.js'
import type { HostNames } from './host-names.js'
import type { Target } from './target.js'
import { asUpstreamError } from './upstream-error.js'

export interface CancelOptions {
  readonly timeoutMs: number
  /** Default: the names of the process. */
  readonly names?: HostNames
}

/**
 * Sends CancelRequest over a connection of its own, with TLS as the session has it, and waits for the server to close
 * it: from then on the signal is sent. Whether there was still a query to cancel nobody is told, by design.
 * @throws UpstreamError as `dial` does
 */
export async function sendCancel(target: Target, key: CancelKey, { timeoutMs, names }: CancelOptions): Promise<void> {
  await withDeadline({ step: 'upstream cancel', timeoutMs }, async signal => {
    const leg = await dial(target, { connectTimeoutMs: timeoutMs, signal, ...(names && { names }) })
    leg.destroyOn(signal)
    try {
      await new Promise<void>((resolve, reject) => {
        leg.onEnd = resolve
        leg.onError = reject
        leg.onClose = resolve
        // The server answers nothing: anything that comes is dropped.
        leg.setSink(() => true)
        leg.socket.write(encodeCancelRequest(key))
      })
    } catch (error) {
      throw asUpstreamError('unreachable', 'upstream cancel', error)
    } finally {
      leg.destroy()
    }
  })
}
