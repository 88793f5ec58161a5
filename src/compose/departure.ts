// The waits of an instance that stops: for balancers to notice, for what is under way to end. `hurry` skips them all.

export class Departure {
  readonly #hurried = new AbortController()

  /** Ends every wait, and those that would come. */
  hurry(): void {
    this.#hurried.abort()
  }

  /** Waits, but does not keep the process alive for it. */
  wait(ms: number): Promise<void> {
    const { signal } = this.#hurried
    return new Promise(resolve => {
      const timer = setTimeout(end, ms)
      timer.unref()
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()

      function end(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
    })
  }
}
