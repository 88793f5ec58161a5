// The waits of an instance that is leaving: for balancers to notice, for what is under way to end. Whoever is in a hurry
// skips them all.

export class Departure {
  readonly #hurried = new AbortController()
  #hasBegun = false

  /** Whether traffic should go elsewhere. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  begin(): void {
    this.#hasBegun = true
  }

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
