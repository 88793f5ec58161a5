// What several parts of the overview look at: asked once for all of them.

import { useQuery } from '@tanstack/react-query'
import { api } from '../../api.js'

export const ASK_EVERY_MS = 5_000

export function useLogins() {
  return useQuery({
    queryKey: ['login-counts'],
    queryFn: async () => (await api.GET('/v1/login-counts')).data,
    refetchInterval: ASK_EVERY_MS,
  })
}

export function useInstances() {
  return useQuery({
    queryKey: ['instances', 'overview'],
    queryFn: async () => (await api.GET('/v1/instances')).data,
    refetchInterval: ASK_EVERY_MS,
  })
}
