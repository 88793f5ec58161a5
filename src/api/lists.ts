// Lists: `limit` and an opaque `cursor` in, `items` and `next_cursor` out.

import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'
import type { Page, PageRequest } from '../store/page.js'
import { freeText, nullable } from './schema-types.js'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

export const ListQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_LIMIT, description: `Items at most. Default ${DEFAULT_LIMIT}.` }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 2048, description: '`next_cursor` of the page before, unchanged.' }),
    ),
  },
  { additionalProperties: false },
)

/** As long as the longest name. */
const MAX_SEARCH_LENGTH = 254

/** A list that can be searched.
 * @param texts what is searched, as in `the name` */
export function searchQuery(texts: string) {
  const q = freeText(
    MAX_SEARCH_LENGTH,
    `Only those with this text in ${texts}, in upper or lower case. No character is a wildcard.`,
  )
  return Type.Object({ ...ListQuery.properties, q: Type.Optional(q) }, { additionalProperties: false })
}

export function listOf<T extends TSchema>(item: T, title: string) {
  return Type.Object(
    { items: Type.Array(item), next_cursor: nullable(Type.String({ description: 'null: this is the last page.' })) },
    { title },
  )
}

export function toPageRequest(query: Static<typeof ListQuery> & { readonly q?: string }): PageRequest {
  return { limit: query.limit ?? DEFAULT_LIMIT, cursor: query.cursor ?? null, search: query.q ?? null }
}

export function toList<T, U>(page: Page<T>, show: (item: T) => U): { items: U[]; next_cursor: string | null } {
  return { items: page.items.map(show), next_cursor: page.next }
}
