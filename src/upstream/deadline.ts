// One deadline and one way to give up for a piece of work that takes several round trips.

import { UpstreamError } from './upstream-error.js'

export interface Deadline {
  /** What is being done, for the error's message: `upstream login`. */
  readonly step: string
  readonly timeoutMs: number
  /** The caller's wish to give up. A TimeoutError as its reason counts as a timeout. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `work` with a signal that aborts when the time is over or the caller gives up; its reason is an UpstreamError of
 * kind `timeout` or `aborted`. The work must end soon after: it destroys its leg on that signal. Nothing stays behind.
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { step, timeoutMs, signal } = deadline
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(timedOut(step, `not done within ${timeoutMs} ms`)), timeoutMs)
  const giveUp = () => controller.abort(abortError(step, signal?.reason))
  if (signal?.aborted) giveUp()
  else signal?.addEventListener('abort', giveUp, { once: true })
  try {
    controller.signal.throwIfAborted()
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

function abortError(step: string, reason: unknown): UpstreamError {
  if (reason instanceof Error && reason.name === 'TimeoutError') return timedOut(step, "the caller's deadline passed")
  return new UpstreamError('aborted', `${step}: given up by the caller`, { cause: reason })
}

function timedOut(step: string, why: string): UpstreamError {
  return new UpstreamError('timeout', `${step}: ${why}`)
}
