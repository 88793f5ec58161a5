// Lists of the API come in pages; a command shows them as one.

import { CommandError } from './command-error.js'

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}

const PAGE_LIMIT = 100

// Two hundred requests; beyond it a person wants a filter, and a program the API.
const MAX_ITEMS = 20_000

type FetchPage<Item> = (query: PageQuery) => Promise<Page<Item>>

/** Fetches page after page.
 * @throws CommandError when there are more items than a command should hold. */
export async function all<Item>(fetchPage: FetchPage<Item>): Promise<Item[]> {
  const items = await first(MAX_ITEMS + 1, fetchPage)
  if (items.length > MAX_ITEMS) throw new CommandError(`more than ${MAX_ITEMS} entries`, 'page through the REST API')
  return items
}

/** Fetches so many items at most. */
export async function first<Item>(limit: number, fetchPage: FetchPage<Item>): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | null = null
  do {
    const size: { limit: number } = { limit: Math.min(PAGE_LIMIT, limit - items.length) }
    const page: Page<Item> = await fetchPage(cursor === null ? size : { ...size, cursor })
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null && items.length < limit)
  return items
}
