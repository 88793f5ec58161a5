// The people of the organization. Service accounts are never among them.

import { queryOptions } from '@tanstack/react-query'
import { api, type Resource } from './api.js'
import { useSearch } from './search.js'

export type User = Resource<'User'>

/** Reads one person: members may read themselves only. */
export function userQuery(email: string) {
  return queryOptions({
    queryKey: ['users', email],
    queryFn: async () => (await api.GET('/v1/users/{email}', { params: { path: { email } } })).data,
  })
}

/** Finds those who are not deleted, to choose from; for admins and viewers. It shares no query with the Users page: that
 * page opens while the dialog that deletes a person still uses its own, and would show its old answer. */
export function usePeople(typed: string) {
  return useSearch(['users', 'choices'], typed, query => api.GET('/v1/users', { params: { query } }))
}
