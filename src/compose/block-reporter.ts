// Tells the store which networks this instance refuses the logins of, so that they can be listed and let in again from any
// other. Where there are none, as nearly always, nothing is written.

import type { FailedLogins } from '../auth/failed-logins.js'
import { reportBlocks } from '../store/login-blocks.js'
import type { Executor } from '../store/pool.js'

export interface BlockReporterOptions {
  readonly store: Executor
  readonly instanceId: string
  readonly failedLogins: Pick<FailedLogins, 'blocks'>
}

/** Networks of one report. Whoever attacks from more is not to be dealt with one by one. */
const MAX_REPORTED = 1_000

export class BlockReporter {
  readonly #options: BlockReporterOptions
  /** Whether the store may have some of ours. */
  #hasTold = false

  constructor(options: BlockReporterOptions) {
    this.#options = options
  }

  /** Writes one report. To be called by one at a time. Rejects with StoreError. */
  report(): Promise<void> {
    return this.#tell(this.#options.failedLogins.blocks().slice(0, MAX_REPORTED))
  }

  /** Takes all of this instance off the list. Rejects with StoreError. */
  remove(): Promise<void> {
    return this.#tell([])
  }

  async #tell(blocks: Parameters<typeof reportBlocks>[2]): Promise<void> {
    if (blocks.length === 0 && !this.#hasTold) return
    this.#hasTold = true
    await reportBlocks(this.#options.store, this.#options.instanceId, blocks)
    this.#hasTold = blocks.length > 0
  }
}
