// Live sessions, read whole: to say how many an act will end, and to watch them end.

import { useQuery } from '@tanstack/react-query'
import { api, type Resource } from './api.js'

export type Session = Resource<'Session'>

export interface SessionsOf {
  /** Names. */
  readonly account?: string
  readonly database?: string
  /** Id of a key of that account. */
  readonly key?: string
}

const PAGE = 200
/** Sessions that are read at most. */
const MAX_SESSIONS = 2_000

/** Reads the sessions of an account, of one of its keys, or on a database, as their instances last reported them; at
 * most 2,000 of them. */
export async function readSessions({ key, ...filter }: SessionsOf): Promise<readonly Session[]> {
  const sessions: Session[] = []
  let cursor: string | null = null
  do {
    const page: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) }
    const { data }: { data: Resource<'SessionList'> } = await api.GET('/v1/sessions', {
      params: { query: { ...filter, ...page } },
    })
    sessions.push(...data.items)
    cursor = data.next_cursor
  } while (cursor !== null && sessions.length < MAX_SESSIONS)
  return key === undefined ? sessions : sessions.filter(session => session.key === key)
}

/** Keeps them read while a dialog tells how many they are.
 * @param enabled whether it is open */
export function useLiveSessions(of: SessionsOf, enabled = true) {
  return useQuery({
    queryKey: ['sessions', 'live', of],
    queryFn: () => readSessions(of),
    enabled,
    staleTime: 0,
    refetchInterval: 5_000,
  })
}
