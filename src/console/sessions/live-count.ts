// How many live sessions something has: what will end with it.

import { useQuery } from '@tanstack/react-query'
import { api } from '../api.js'

const MOST = 200

/** Words for the live sessions of an account (and of one key of it); null while it is not known. */
export function useLiveSessions(account: string, key?: string): string | null {
  const { data } = useQuery({
    queryKey: ['sessions', 'count', account],
    queryFn: async () => (await api.GET('/v1/sessions', { params: { query: { account, limit: MOST } } })).data.items,
    staleTime: 0,
  })
  if (!data) return null
  const count = data.filter(session => key === undefined || session.key === key).length
  if (count === 0) return 'no live session'
  return `${count === MOST ? `${MOST} or more` : count} live session${count === 1 ? '' : 's'}`
}
