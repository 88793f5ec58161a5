// The account that the address of the Connect tab asks for: whether it can connect, or what stands in the way. It is read
// by its name, so that it does not matter which part of the list of accounts is on the page.

import { useQuery } from '@tanstack/react-query'
import { ApiError, api, type Resource } from '../../api.js'
import { cache } from '../../cache.js'
import { useMe } from '../../session.js'

export type Access = Resource<'Access'>

export type Asked =
  | { readonly state: 'none' }
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: Error; readonly retry: () => void }
  /** @param why as in `it is disabled` */
  | { readonly state: 'unusable'; readonly why: string }
  | { readonly state: 'usable'; readonly access: Access }

export function useAskedAccount(database: string, account: string | null): Asked {
  const { account: me } = useMe()
  const { data, error, refetch } = useQuery({
    queryKey: keyOf(database, account ?? ''),
    queryFn: async () => {
      const params = { path: { name: database, account: account ?? '' } }
      return (await api.GET('/v1/databases/{name}/access/{account}', { params })).data
    },
    enabled: account !== null,
  })
  if (account === null) return { state: 'none' }
  // The newest answer counts: an account can be deleted after it was read.
  if (error instanceof ApiError && error.code === 'account_not_found') return { state: 'unusable', why: UNKNOWN }
  if (data === undefined) return error ? { state: 'failed', error, retry: () => void refetch() } : { state: 'loading' }
  const why = obstacleOf(data, me.name)
  return why === null ? { state: 'usable', access: data } : { state: 'unusable', why }
}

/** Takes the answer of a creation as the access of the new account, so that it can be shown at once. */
export function rememberCreated(database: string, { name, scope, state }: Resource<'ServiceAccount'>): void {
  if (scope.type !== 'pinned') return
  const created: Access = { account: name, kind: 'service', state, role: scope.role, reason: null }
  cache.setQueryData(keyOf(database, name), created)
}

const UNKNOWN = 'it does not exist, or you may not see it'

/** Says why an account cannot connect; null: it can. */
export function obstacleOf({ account, kind, state, role, reason }: Access, me: string): string | null {
  if (kind === 'personal' && account !== me)
    return 'it is the account of another person, who connects with their own keys'
  if (state !== 'active') return `it is ${state}`
  return role === null ? OBSTACLES[reason ?? 'not_granted'] : null
}

const OBSTACLES: Readonly<Record<NonNullable<Access['reason']>, string>> = {
  not_granted: 'it has no access',
  maker_inactive: 'its creator is disabled or deleted',
  maker_lost_it: 'its creator no longer has access',
}

function keyOf(database: string, account: string): readonly unknown[] {
  return ['databases', database, 'access-of', account]
}
