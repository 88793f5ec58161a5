// Changes that take something away, watched until they are in force everywhere: what parts/change-progress.tsx shows in the
// corner of every page.

import { useSyncExternalStore } from 'react'
import type { Session } from './live-sessions.js'

/** A change that was made. */
export interface WatchedChange {
  /** What was done, as in `Revoked 2 keys of robot`. */
  readonly title: string
  /** The sessions that it ends: those that were live when it was made. */
  readonly sessions: readonly Session[]
  /** Its number, where the API tells it. Left out: that of the newest change, which is at least this one's. */
  readonly seq?: number
}

export interface Watch extends WatchedChange {
  readonly id: number
}

/** Shown at a time; the oldest gives way. */
const MAX_WATCHES = 3

let watches: readonly Watch[] = []
let made = 0
const viewers = new Set<() => void>()

/** Shows how far a change has come, on whatever page one is: "In force on 2 of 2 instances, 3 of 3 sessions ended". To be
 * called once the API has said yes, with the sessions that the dialog before had counted:
 *
 *     const live = useLiveSessions({ account: 'robot', key: '4kTq0nZb7XvA' }, isOpen)
 *     <ConfirmDialog … onDone={() => watchChange({ title: 'Revoked a key of robot', sessions: live.data ?? [] })}>
 *       {count(live.data?.length ?? 0, 'live session')} will end.
 *     </ConfirmDialog> */
export function watchChange(change: WatchedChange): void {
  show([...watches, { ...change, id: ++made }].slice(-MAX_WATCHES))
}

export function forgetWatch(id: number): void {
  show(watches.filter(watch => watch.id !== id))
}

export function forgetAllWatches(): void {
  show([])
}

export function useWatches(): readonly Watch[] {
  return useSyncExternalStore(subscribe, () => watches)
}

function show(next: readonly Watch[]): void {
  watches = next
  for (const look of viewers) look()
}

function subscribe(look: () => void): () => void {
  viewers.add(look)
  return () => viewers.delete(look)
}
