// Lists of the API, page by page.

import { useInfiniteQuery } from '@tanstack/react-query'

interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
}

export interface List<T> {
  /** undefined: not known yet. */
  readonly items: readonly T[] | undefined
  readonly error: Error | null
  readonly hasMore: boolean
  readonly isFetchingMore: boolean
  readonly more: () => void
  readonly retry: () => void
}

export interface ListOptions {
  readonly enabled?: boolean
  /** Asks again this often. */
  readonly everyMs?: number
}

/** Reads a list: `useList(['databases'], page => api.GET('/v1/databases', { params: { query: page } }))`.
 * @param ask is given what the query needs to ask for one page */
export function useList<T>(
  key: readonly unknown[],
  ask: (page: { limit: number; cursor?: string }) => Promise<{ readonly data: Page<T> }>,
  { enabled = true, everyMs }: ListOptions = {},
): List<T> {
  const query = useInfiniteQuery({
    queryKey: [...key, 'list'],
    queryFn: async ({ pageParam }) => {
      const { data } = await ask({ limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) })
      return data
    },
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  })
  return {
    items: query.data?.pages.flatMap(page => page.items),
    error: query.error,
    hasMore: query.hasNextPage,
    isFetchingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  }
}
