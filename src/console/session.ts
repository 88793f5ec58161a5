// Who is signed in, and how they come and go.

import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { api, isSignedOut, setCsrfToken, type Resource } from './api.js'
import { cache, ME } from './cache.js'

export type Me = Resource<'Me'>

/** Reads who is signed in. `data` is null: nobody. */
export function useSession() {
  return useQuery({ queryKey: ME, queryFn: readMe, staleTime: 60_000 })
}

/** Who is signed in, given to the pages that only they see: it stays until the page is gone, even when the session ends. */
export const Signed = createContext<Me | null>(null)

export function useMe(): Me {
  const me = useContext(Signed)
  if (!me) throw new Error('a page for who is signed in stands outside of the frame')
  return me
}

/** What the person who is signed in may do; the API has the last word. */
export function useRights() {
  const me = useMe()
  return { isAdmin: me.account.administers, seesAll: seesAll(me), mayMake: me.account.org_role !== 'viewer' }
}

/** For the navigation: whether a page for admins and viewers is offered. */
export function seesAll({ account }: Me): boolean {
  return account.administers || account.org_role === 'viewer'
}

async function readMe(): Promise<Me | null> {
  try {
    const { data } = await api.GET('/v1/me')
    setCsrfToken(data.csrf_token)
    return data
  } catch (error) {
    if (isSignedOut(error)) return null
    throw error
  }
}

/** To be called with what a sign-in answers. Nothing stays of whoever was here before. */
export async function enter({ csrf_token: token }: Resource<'SignedIn'>): Promise<void> {
  setCsrfToken(token)
  cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] })
  await cache.fetchQuery({ queryKey: ME, queryFn: readMe, staleTime: 0 })
}

export async function signOut(): Promise<void> {
  await api.POST('/v1/logout')
  forgetSession()
}

/** Forgets all that was read: to be called when the session has ended. */
export function forgetSession(): void {
  setCsrfToken(null)
  cache.setQueryData(ME, null)
  cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] })
}
