// Work that is done again and again in the background: never twice at a time, once more when it is asked for early, and a
// last time at the end. Its failures are told when they begin and when they are over, not every time.

export interface PeriodicOptions {
  readonly everyMs: number
  readonly work: () => Promise<void>
  /** What is done at the end. Default: the work. */
  readonly lastWork?: () => Promise<void>
  /** The first failure after a success. The work goes on being tried. */
  readonly failing: (error: unknown) => void
  /** The first success after a failure. */
  readonly recovered: () => void
}

/** Calls to `soon` that come within this time share one run. */
const SOON_MS = 250

export class Periodic {
  readonly #options: PeriodicOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isAskedFor = false
  #isFailing = false
  #isClosed = false

  constructor(options: PeriodicOptions) {
    this.#options = options
  }

  /** Begins with a run at once. */
  start(): void {
    this.#schedule(0)
  }

  /** Runs before it is due. */
  soon(): void {
    if (this.#isAskedFor || this.#isClosed) return
    this.#isAskedFor = true
    if (!this.#running) this.#schedule(SOON_MS)
  }

  /** Waits for the run that is under way, and does the last work. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#running
    await this.#try(this.#options.lastWork ?? this.#options.work)
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#run(), delayMs)
    this.#timer.unref()
  }

  #run(): void {
    this.#isAskedFor = false
    this.#running = this.#try(this.#options.work).finally(() => {
      this.#running = undefined
      this.#schedule(this.#isAskedFor ? SOON_MS : this.#options.everyMs)
    })
  }

  async #try(work: () => Promise<void>): Promise<void> {
    const { failing, recovered } = this.#options
    try {
      await work()
      if (this.#isFailing) recovered()
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) failing(error)
      this.#isFailing = true
    }
  }
}
