// The heartbeat of the push channel: it is sent the way that changes go, over another connection, and has to be heard on the
// one that listens. PostgreSQL manual, "NOTIFY".

import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'

/** What a heartbeat says: nothing has changed, and whose it is. */
const PREFIX = 'beat '

export class Heartbeat {
  readonly #store: Executor
  readonly #timeoutMs: number
  /** The one that is under way. */
  #expected = ''
  #hear: () => void = () => {}

  /** @param store the way by which changes are written
   * @param timeoutMs longest wait for one that was sent */
  constructor(store: Executor, timeoutMs: number) {
    this.#store = store
    this.#timeoutMs = timeoutMs
  }

  /** Sends one and resolves when it is heard. To be called by one at a time.
   * @param over ends the wait early
   * @throws StoreError when it is not heard in time, or can't be sent */
  async send(over: AbortSignal): Promise<void> {
    const beat = `${PREFIX}${randomUUID()}`
    this.#expected = beat
    const heard = new Promise<boolean>(resolve => (this.#hear = () => resolve(true)))
    await this.#store.run('send a heartbeat', "select pg_notify('postern_changes', $1)", [beat])
    const late = pause(this.#timeoutMs, false, { signal: over, ref: false }).catch(() => false)
    if (!(await Promise.race([heard, late]))) {
      throw new StoreError('timeout', 'listen for changes: a heartbeat was not heard')
    }
  }

  /** Takes what came on the channel; whether it was a heartbeat. Those of other instances come too, and ours alone proves
   * that the way is whole. */
  heard(payload: string): boolean {
    if (payload === this.#expected) this.#hear()
    return payload.startsWith(PREFIX)
  }
}
