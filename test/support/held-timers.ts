// Takes timers out of the clock's hands, for tests of what happens when a time is over: a busy machine can't be too late.

import type { Test } from 'tap'

export interface HeldTimers {
  /** How many wait. */
  readonly waiting: number
  /** Lets all that wait go off now, in their order. */
  goOff(): void
}

/** Holds every timer of exactly `ms` that this process starts until the test ends. So the time to test is set to a length
 * that nothing else has. */
export function holdTimers(t: Test, ms: number): HeldTimers {
  const { setTimeout: start, clearTimeout: clear } = globalThis
  const held = new Map<NodeJS.Timeout, () => void>()
  const startOrHold = (act: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): NodeJS.Timeout => {
    if (delay !== ms) return start(act, delay, ...args)
    const timer = start(() => {}, ms)
    clear(timer)
    held.set(timer, () => act(...args))
    return timer
  }
  const forget = (timer?: NodeJS.Timeout): void => {
    if (timer) held.delete(timer)
    clear(timer)
  }
  Object.assign(globalThis, { setTimeout: Object.assign(startOrHold, start), clearTimeout: forget })
  t.teardown(() => Object.assign(globalThis, { setTimeout: start, clearTimeout: clear }))
  return {
    get waiting() {
      return held.size
    },
    goOff() {
      const due = [...held.values()]
      held.clear()
      for (const act of due) act()
    },
  }
}
