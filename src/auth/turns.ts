// Lets a few do costly work at a time while a bounded number waits.

/** Too many wait already. */
export class BusyError extends Error {
  constructor() {
    super('too many wait for their turn')
    this.name = 'BusyError'
  }
}

export interface TurnsOptions {
  /** Pieces of work at a time. */
  readonly concurrency: number
  /** Callers that may wait; more are turned away. */
  readonly maxQueue: number
  /** The longest that a caller waits for its turn before it is turned away. Default: as long as it takes. */
  readonly maxWaitMs?: number
}

export class Turns {
  readonly #options: TurnsOptions
  readonly #waiting = new Set<() => void>()
  #active = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Does the work when its turn comes, first come first served. Rejects with BusyError when the queue is full or does not
   * move, or with what the work rejects with. */
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
    const { maxQueue, maxWaitMs } = this.#options
    if (this.#waiting.size >= maxQueue) throw new BusyError()
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add(resolve)
      if (maxWaitMs === undefined) return
      timer = setTimeout(() => {
        this.#waiting.delete(resolve)
        reject(new BusyError())
      }, maxWaitMs)
    })
    clearTimeout(timer)
  }

  #pass(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#active--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
