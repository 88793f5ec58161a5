// A moment, as people say it; the exact one is its title.

import { useSyncExternalStore } from 'react'

const TICK_MS = 20_000

let now = Date.now()
const watchers = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function watch(look: () => void): () => void {
  watchers.add(look)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of watchers) each()
  }, TICK_MS)
  return () => {
    watchers.delete(look)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time, in epoch ms, to within 20 s. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now)
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })

const UNITS: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** Says how far a time is from now: `3 days ago`, `in 2 hours`, `just now`. */
export function fromNow(epochMs: number, nowMs: number): string {
  const distance = epochMs - nowMs
  const [unit, ms] = UNITS.find(([, ms]) => Math.abs(distance) >= ms) ?? []
  return unit && ms ? relative.format(Math.round(distance / ms), unit) : distance > 0 ? 'in a moment' : 'just now'
}

export function Time({ at }: { at: string }) {
  // What was made after the last tick is not made in the future.
  const nowMs = Math.max(useNow(), Date.now())
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {fromNow(Date.parse(at), nowMs)}
    </time>
  )
}
