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

/** Removes the answers that no page on screen uses. After a change they are out of date, and a page opened next must not
 * show them, not even until its own request is answered. */
export function removeUnused(): void {
  cache.removeQueries({ type: 'inactive' })
}

/** Lets everything be asked again: after a change, what it touches beyond its own page is rarely worth listing. */
export function refreshAll(): Promise<void> {
  return cache.invalidateQueries()
}
