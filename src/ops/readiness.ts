// Whether new connections should come to this instance: a phase, and conditions that are evaluated each time. /readyz
// and the log read the same answer, so that "ready" is logged exactly when /readyz first returns 200.

/** What an instance is doing. */
export type Phase =
  /** Its listeners are not all open yet. */
  | 'starting'
  /** It serves: the conditions decide. */
  | 'serving'
  /** It still serves what comes, and traffic should go elsewhere. */
  | 'draining'

/** Returns what stands in the way, for a person to read and never with a secret; nothing when it holds. */
export type Condition = (phase: Phase) => readonly string[]

export interface Verdict {
  readonly ready: boolean
  /** Why not. */
  readonly reasons: readonly string[]
}

/** How often conditions are evaluated without a request, for those that change with time alone. */
const LOOK_MS = 1_000

export class Readiness {
  readonly #conditions: Condition[] = []
  readonly #onChange: (verdict: Verdict) => void
  #phase: Phase = 'starting'
  /** The reasons that were reported last; null: none were yet. */
  #reported: string | null = null
  #timer: NodeJS.Timeout | undefined

  /** @param onChange hears of the first verdict while serving, and of each that differs from the one before */
  constructor(onChange: (verdict: Verdict) => void) {
    this.#onChange = onChange
  }

  /** Adds a condition that must hold. */
  addCondition(condition: Condition): void {
    this.#conditions.push(condition)
  }

  /** Everything listens: from here on the conditions alone decide. */
  serve(): void {
    if (this.#phase !== 'starting') return
    this.#phase = 'serving'
    this.#timer = setInterval(() => this.look(), LOOK_MS)
    this.#timer.unref()
    this.look()
  }

  /** Not ready for good. */
  drain(): void {
    this.#phase = 'draining'
    clearInterval(this.#timer)
  }

  /** Returns the verdict of this moment. */
  look(): Verdict {
    const reasons = this.#reasons()
    const verdict = { ready: reasons.length === 0, reasons }
    const key = reasons.join('\n')
    if (this.#phase === 'serving' && key !== this.#reported) {
      this.#reported = key
      this.#onChange(verdict)
    }
    return verdict
  }

  #reasons(): readonly string[] {
    const found = this.#conditions.flatMap(condition => condition(this.#phase))
    switch (this.#phase) {
      case 'starting':
        return found.length > 0 ? found : ['starting']
      case 'serving':
        return found
      case 'draining':
        return ['draining', ...found]
    }
  }
}
