// Lets a few do costly work at a time while a bounded number waits.

/** Too many wait already. */
export class BusyError extends Error {
  constructor() {
    super('too many secrets wait to be verified')
    this.name = 'BusyError'
  }
}

export interface TurnsOptions {
  /** Pieces of work at a time. */
  readonly concurrency: number
  /** Callers that may wait; more are turned away. */
  readonly maxQueue: number
}

export class Turns {
  readonly #options: TurnsOptions
  readonly #waiting: (() => void)[] = []
  #active = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Does the work when its turn comes, first come first served. Rejects with BusyError when the queue is full, or with
   * what the work rejects with. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#take()
    try {
      return await work()
    } finally {
      this.#pass()
    }
  }

  async #take(): Promise<void> {
    if (this.#active < this.#options.concurrency) {
      this.#active++
      return
    }
    if (this.#waiting.length >= this.#options.maxQueue) throw new BusyError()
    await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  #pass(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#active--
  }
}
