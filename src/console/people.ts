// The people of the organization. Service accounts are never among them.

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, type Resource } from './api.js'

export type User = Resource<'User'>

/** Reads one person: members may read themselves only. */
export function userQuery(email: string) {
  return queryOptions({
    queryKey: ['users', email],
    queryFn: async () => (await api.GET('/v1/users/{email}', { params: { path: { email } } })).data,
  })
}

const PAGE = 200
/** People that a choice lists at most; the list of users has them all. */
const MAX_PEOPLE = 1_000

/** Reads those who are not deleted; for admins and viewers.
 * @param enabled whether the choice is open */
export function usePeople(enabled = true) {
  return useQuery({ queryKey: ['users', 'choice'], queryFn: readPeople, enabled })
}

async function readPeople(): Promise<readonly User[]> {
  const people: User[] = []
  let cursor: string | null = null
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) }
    const { data }: { data: Resource<'UserList'> } = await api.GET('/v1/users', { params: { query } })
    people.push(...data.items)
    cursor = data.next_cursor
  } while (cursor !== null && people.length < MAX_PEOPLE)
  return people.filter(({ state }) => state !== 'deleted')
}
