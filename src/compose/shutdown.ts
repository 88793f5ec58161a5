// Undoes a start in reverse order: what was started last is stopped first.

/** The start goes on although the stop has begun. */
export class StoppedWhileStarting extends Error {
  constructor() {
    super('stopped while starting')
    this.name = 'StoppedWhileStarting'
  }
}

export class Shutdown {
  readonly #steps: (() => Promise<void> | void)[] = []
  #running: Promise<void> | undefined

  /** Adds what stops a part that has just been started. When the stop has begun already, the part is stopped at once and
   * StoppedWhileStarting thrown, so that a start that is under way ends. */
  add(step: () => Promise<void> | void): void {
    if (!this.#running) return void this.#steps.push(step)
    this.#running = this.#running.finally(step)
    throw new StoppedWhileStarting()
  }

  /** Runs all steps; a step that fails does not keep the others from running. Rejects with the first failure. A second
   * call waits for the first. */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps.reverse()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
