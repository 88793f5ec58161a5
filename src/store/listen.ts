// Hears of changes as they are committed: LISTEN on a connection of its own. PostgreSQL manual, "LISTEN" and "NOTIFY".
// A push can be lost in silence: a half-dead network, a pooler that forgets LISTEN, a server that is primary no more. So a
// heartbeat has to come through now and then, and every new connection counts as a hint.

import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { ChangePush } from '../auth/sources.js'
import type { CancelChannel } from './cancel-channel.js'
import { Heartbeat } from './heartbeat.js'
import { clientConfig, type Executor } from './pool.js'
import { StoreError, toStoreError } from './store-error.js'

export interface ListenOptions {
  /** Pause between two heartbeats. Default 10000. */
  readonly heartbeatMs?: number
  /** Longest wait for connecting, for each answer, and for a heartbeat to be heard; give or take a second. Default 5000. */
  readonly answerTimeoutMs?: number
  /** First pause before connecting again; it doubles with each failure. Default 100. */
  readonly minBackoffMs?: number
  /** Longest such pause. Default 10000. */
  readonly maxBackoffMs?: number
  /** Between 0 and 1, for the jitter. Default Math.random. */
  readonly random?: () => number
  /** Monotonic milliseconds. Default: the process's own. */
  readonly now?: () => number
  /** Hears of every connection that failed or broke: for the log, the listener connects again. */
  readonly onError?: (error: StoreError) => void
  /** What else is heard on the same connection. */
  readonly beside?: Pick<CancelChannel, 'name' | 'heard'>
}

/** The push side of the change feed. */
export class ChangeListener implements ChangePush {
  readonly #url: string
  readonly #store: Executor
  readonly #options: ListenOptions
  readonly #now: () => number
  #isUp = false
  #heardAt = -Infinity

  /** @param store the way by which changes are written: heartbeats are sent over it */
  constructor(url: string, store: Executor, options: ListenOptions = {}) {
    this.#url = url
    this.#store = store
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** Whether the last heartbeat was heard, on the connection that is there now. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** Since a heartbeat was heard. Infinity before the first. */
  heardAgeMs(): number {
    return this.#now() - this.#heardAt
  }

  /** Connects, and connects again whenever the connection breaks, until closed. `onHint` must not throw. */
  listen(onHint: () => void): { close(): Promise<void> } {
    const closing = new AbortController()
    const ended = this.#stayConnected(onHint, closing.signal)
    return {
      close: async () => {
        closing.abort()
        await ended
      },
    }
  }

  async #stayConnected(onHint: () => void, closed: AbortSignal): Promise<void> {
    let failures = 0
    while (!closed.aborted) {
      try {
        // Only a connection that has carried a heartbeat resets the back-off: others may break right away again.
        await this.#hold(onHint, closed, () => (failures = 0))
      } catch (error) {
        this.#isUp = false
        if (!closed.aborted) this.#options.onError?.(toStoreError('listen for changes', error))
      }
      await pauseUnless(closed, this.#backoffMs(failures++))
    }
  }

  /** Holds one connection; only ever rejects. */
  async #hold(onHint: () => void, closed: AbortSignal, onHeartbeat: () => void): Promise<never> {
    const { answerTimeoutMs = 5000, beside } = this.#options
    const limits = { statementTimeoutMs: answerTimeoutMs, connectTimeoutMs: answerTimeoutMs }
    // Ours, so that it can be destroyed at once whatever state the connection is in. An idle session ends cleanly so.
    const socket = new Socket()
    const client = new pg.Client({ ...clientConfig(this.#url, limits), stream: () => socket })
    const over = new AbortController()
    const broken = brokenConnection(client, closed, over.signal)
    const heartbeat = new Heartbeat(this.#store, answerTimeoutMs)
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === beside?.name) beside.heard(payload)
      else if (!heartbeat.heard(payload)) onHint()
    })
    try {
      await Promise.race([client.connect(), broken])
      await Promise.race([client.query('listen postern_changes'), broken])
      if (beside) await Promise.race([client.query(`listen ${beside.name}`), broken])
      onHint()
      for (;;) {
        await Promise.race([heartbeat.send(over.signal), broken])
        this.#heardAt = this.#now()
        this.#isUp = true
        onHeartbeat()
        await Promise.race([pauseUnless(over.signal, this.#options.heartbeatMs ?? 10_000), broken])
      }
    } finally {
      over.abort()
      socket.destroy()
    }
  }

  #backoffMs(failures: number): number {
    const { minBackoffMs = 100, maxBackoffMs = 10_000, random = Math.random } = this.#options
    const ceilingMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** failures)
    // At least half of it, so that many instances neither come back at once nor in a tight loop.
    return ceilingMs * (0.5 + random() / 2)
  }
}

/** Rejects when the connection breaks or the listener is closed; `over` ends the watch. */
function brokenConnection(client: pg.Client, closed: AbortSignal, over: AbortSignal): Promise<never> {
  const broken = new Promise<never>((_resolve, reject) => {
    client.on('error', reject)
    client.on('end', () => reject(new StoreError('unavailable', 'listen for changes: the connection ended')))
    const onClose = (): void => reject(new StoreError('unavailable', 'listen for changes: closed'))
    closed.addEventListener('abort', onClose, { signal: over })
  })
  // It may reject when no one waits for it.
  broken.catch(() => undefined)
  return broken
}

async function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  await pause(ms, undefined, { signal, ref: false }).catch(() => undefined)
}
