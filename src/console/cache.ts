// What the API has answered, kept in memory for as long as the page is open.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError, isSignedOut } from './api.js'

export const ME = ['me'] as const

/** Whoever's session has ended is asked to sign in, where they are: see shell/session-gate.tsx. */
function noticeSignedOut(error: unknown): void {
  if (isSignedOut(error)) cache.setQueryData(ME, null)
}

export const cache: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // The SDK has tried again already where that helps.
      retry: false,
      networkMode: 'always',
      throwOnError: error => !(error instanceof ApiError || error instanceof Error),
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

/** Lets everything be asked again: after a change, what it touches beyond its own page is rarely worth listing. */
export function refreshAll(): Promise<void> {
  return cache.invalidateQueries()
}
