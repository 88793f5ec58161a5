// SIGTERM and SIGINT: the first one stops gracefully, the second one at once. SIGHUP stops too, as a terminal sends it
// that is closed, unless it is for reloading.

const STOPPING = ['SIGTERM', 'SIGINT'] as const

export interface SignalHandlers {
  /** The first signal. */
  readonly stop: (signal: string) => Promise<void>
  /** Each further one, while `stop` still runs. */
  readonly hurry: (signal: string) => Promise<void>
  /** Each SIGHUP, which then stops nothing. Must not throw. */
  readonly reload?: () => void
}

export interface SignalWatch {
  /** Whether a signal has come. */
  readonly signalled: boolean
  /** Settles as `stop` does, once a signal has come and it has run. */
  readonly stopped: Promise<void>
  /** Gives the signals back. */
  readonly end: () => void
}

/** Watches for signals from now on. */
export function watchSignals({ stop, hurry, reload }: SignalHandlers): SignalWatch {
  let count = 0
  let settle: (stopping: Promise<void>) => void = () => {}
  const stopped = new Promise<void>(resolve => (settle = resolve))
  const onSignal = (signal: string) => {
    count++
    if (count === 1) settle(stop(signal))
    else hurry(signal).catch(() => {})
  }
  const onHangUp = reload ?? onSignal
  for (const signal of STOPPING) process.on(signal, onSignal)
  process.on('SIGHUP', onHangUp)
  return {
    get signalled() {
      return count > 0
    },
    stopped,
    end: () => {
      for (const signal of STOPPING) process.off(signal, onSignal)
      process.off('SIGHUP', onHangUp)
    },
  }
}
