// Lists: `limit` and an opaque `cursor` in, `items` and `next_cursor` out.

import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'
import type { Page, PageRequest } from '../store/page.js'
import { nullable } from './schema-types.js'

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

export function listOf<T extends TSchema>(item: T, title: string) {
  return Type.Object(
    { items: Type.Array(item), next_cursor: nullable(Type.String({ description: 'null: this is the last page.' })) },
    { title },
  )
}

export function toPageRequest(query: Static<typeof ListQuery>): PageRequest {
  return { limit: query.limit ?? DEFAULT_LIMIT, cursor: query.cursor ?? null }
}

export function toList<T, U>(page: Page<T>, show: (item: T) => U): { items: U[]; next_cursor: string | null } {
  return { items: page.items.map(show), next_cursor: page.next }
}
