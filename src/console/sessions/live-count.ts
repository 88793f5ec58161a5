// How many live sessions will end: in words for a dialog, and as they are, to be watched end.

import { useQuery } from '@tanstack/react-query'
import { count } from '../amounts.js'
import { liveQuery, type LiveSessions, type Session, type SessionsOf } from '../live-sessions.js'

export interface Live {
  /** Those that are known of. */
  readonly sessions: readonly Session[]
  /** `2 live sessions`, `no live session`; `…`: not known yet. */
  readonly words: string
  readonly isPending: boolean
}

/** @param none what is said when there is none */
export function useLive(of: SessionsOf, none = 'no live session'): Live {
  const { data, isPending } = useQuery(liveQuery(of))
  return { sessions: data?.sessions ?? [], words: data === undefined ? '…' : inWords(data, none), isPending }
}

function inWords({ sessions, hasMore }: LiveSessions, none: string): string {
  if (hasMore) return `at least ${count(sessions.length, 'live session')}`
  return sessions.length === 0 ? none : count(sessions.length, 'live session')
}
