// Lists of the API, page by page.

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'

interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
}

/** What the query of a page needs to ask for it. */
export interface PageQuery {
  limit: number
  cursor?: string
}

export interface List<T> {
  /** undefined: not known yet. */
  readonly items: readonly T[] | undefined
  readonly error: Error | null
  readonly hasMore: boolean
  readonly isFetchingMore: boolean
  /** What is listed answers the question before: the answer to this one is on its way. */
  readonly isPrevious: boolean
  readonly more: () => void
  readonly retry: () => void
}

export interface ListOptions {
  readonly enabled?: boolean
  /** Asks again this often. */
  readonly everyMs?: number
  /** Shows what was listed before while the answer to another question is on its way. */
  readonly keepsPrevious?: boolean
}

/** Reads a list: `useList(['databases'], page => api.GET('/v1/databases', { params: { query: page } }))`.
 * @param ask is given what the query needs to ask for one page */
export function useList<T>(
  key: readonly unknown[],
  ask: (page: PageQuery) => Promise<{ readonly data: Page<T> }>,
  { enabled = true, everyMs, keepsPrevious = false }: ListOptions = {},
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
    ...(keepsPrevious && { placeholderData: keepPreviousData }),
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  })
  return {
    items: query.data?.pages.flatMap(page => page.items),
    error: query.error,
    hasMore: query.hasNextPage,
    isFetchingMore: query.isFetchingNextPage,
    isPrevious: query.isPlaceholderData,
    more: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  }
}

const LARGEST_PAGE = 200

/** Reads the pages of a list until `maxItems` are there. `hasMore` says whether that was not all. */
export async function readAll<T>(
  ask: (page: PageQuery) => Promise<{ readonly data: Page<T> }>,
  maxItems: number,
): Promise<{ readonly items: readonly T[]; readonly hasMore: boolean }> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const query: PageQuery = {
      limit: Math.min(LARGEST_PAGE, maxItems - items.length),
      ...(cursor !== null && { cursor }),
    }
    const { data }: { data: Page<T> } = await ask(query)
    items.push(...data.items)
    cursor = data.next_cursor
  } while (cursor !== null && items.length < maxItems)
  return { items, hasMore: cursor !== null }
}
