// How many live sessions will end: in words for a dialog, and as they are, to be watched end.

import { count } from '../amounts.js'
import { useLiveSessions, type Session, type SessionsOf } from '../live-sessions.js'

export interface Live {
  /** Those that are known of. */
  readonly sessions: readonly Session[]
  /** `2 live sessions`, `no live session`; `…`: not known yet. */
  readonly words: string
}

export function useLive(of: SessionsOf): Live {
  const { data } = useLiveSessions(of)
  const words = data === undefined ? '…' : data.length === 0 ? 'no live session' : count(data.length, 'live session')
  return { sessions: data ?? [], words }
}
