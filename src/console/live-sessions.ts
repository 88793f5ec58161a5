// Live sessions, read whole: to say how many an act will end, and to watch them end.

import { useQuery } from '@tanstack/react-query'
import { api, type Resource } from './api.js'
import { readAll } from './list.js'

export type Session = Resource<'Session'>

export interface SessionsOf {
  /** Names. */
  readonly account?: string
  readonly database?: string
  /** Id of a key of that account. */
  readonly key?: string
}

export interface LiveSessions {
  readonly sessions: readonly Session[]
  /** There are more than were read. */
  readonly hasMore: boolean
}

/** Sessions that are read at most. */
const MAX_SESSIONS = 2_000

/** Reads the sessions of an account, of one of its keys, or on a database, as their instances last reported them; at
 * most 2,000 of them. */
export async function readSessions({ key, ...filter }: SessionsOf): Promise<LiveSessions> {
  const ask = (page: { limit: number; cursor?: string }) =>
    api.GET('/v1/sessions', { params: { query: { ...filter, ...page } } })
  const { items, hasMore } = await readAll(ask, MAX_SESSIONS)
  return { sessions: key === undefined ? items : items.filter(session => session.key === key), hasMore }
}

/** Keeps them read while a dialog shows how many they are.
 * @param enabled whether it is open */
export function useLiveSessions(of: SessionsOf, enabled = true) {
  return useQuery({ ...liveQuery(of), select: ({ sessions }) => sessions, enabled })
}

/** The query behind it, with whether there are more. */
export function liveQuery(of: SessionsOf) {
  return {
    queryKey: ['sessions', 'live', of],
    queryFn: () => readSessions(of),
    staleTime: 0,
    refetchInterval: 5_000,
  }
}
