// SIGTERM and SIGINT: the first one stops gracefully, the second one at once.

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export interface SignalHandlers {
  /** The first signal. */
  readonly stop: (signal: string) => Promise<void>
  /** Each further one, while `stop` still runs. */
  readonly hurry: (signal: string) => Promise<void>
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
export function watchSignals({ stop, hurry }: SignalHandlers): SignalWatch {
  let count = 0
  let settle: (stopping: Promise<void>) => void = () => {}
  const stopped = new Promise<void>(resolve => (settle = resolve))
  const onSignal = (signal: string) => {
    count++
    if (count === 1) settle(stop(signal))
    else hurry(signal).catch(() => {})
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    get signalled() {
      return count > 0
    },
    stopped,
    end: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
