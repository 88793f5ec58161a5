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

// The most that the API gives.
const PAGE_LIMIT = 200

// A hundred requests; beyond it a person wants a filter, and a program the API.
const MAX_ITEMS = 20_000

type FetchPage<Item> = (query: PageQuery) => Promise<Page<Item>>

/** Fetches page after page.
 * @param maxItems the most that a command should hold.
 * @throws CommandError when there are more. */
export async function all<Item>(fetchPage: FetchPage<Item>, maxItems = MAX_ITEMS): Promise<Item[]> {
  const items = await first(maxItems + 1, fetchPage)
  if (items.length > maxItems) throw new CommandError(`more than ${maxItems} entries`, HINT)
  return items
}

const HINT = 'narrow the list with its options, or page through the REST API'

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
