// The clock of everything that has an age: it only goes forward, nobody sets it, and it goes on while the machine sleeps.
// clock_gettime(2): CLOCK_MONOTONIC, which Node's clock is on Linux, stands still while a laptop or a virtual machine is
// suspended, and a list that was read before would look young after hours. The time since boot does not stand still.

import { uptime } from 'node:os'

export interface SteadyClockOptions {
  /** Milliseconds that only go forward. Default: Node's own. */
  readonly monotonic?: () => number
  /** Milliseconds since the machine was started, asleep or awake. Default: the system's, in steps of 10. */
  readonly sinceBoot?: () => number
}

/** Pause between two looks at the time since boot, which cost a system call or three. */
const LOOK_MS = 1_000
/** Less than this is no sleep: the two clocks are read one after the other. */
const LEAST_SLEEP_MS = 1_000

/** Makes a clock that gives milliseconds. A sleep is noticed within a second of waking. */
export function steadyClock({
  monotonic = () => performance.now(),
  sinceBoot = () => uptime() * 1000,
}: SteadyClockOptions = {}): () => number {
  const apart = sinceBoot() - monotonic()
  let sleptMs = 0
  let lookedAt = monotonic()
  return () => {
    const now = monotonic()
    if (now - lookedAt >= LOOK_MS) {
      lookedAt = now
      const newlySleptMs = sinceBoot() - now - apart - sleptMs
      if (newlySleptMs >= LEAST_SLEEP_MS) sleptMs += newlySleptMs
    }
    return now + sleptMs
  }
}
