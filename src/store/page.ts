// Lists come in pages: a limit and an opaque cursor. The cursor holds the order columns of the page's last row, so rows
// that come and go between two pages neither repeat nor hide others.

import { StoreError } from './store-error.js'

export interface PageRequest {
  /** Rows at most; the caller bounds it. */
  readonly limit: number
  /** `next` of the page before, or null for the first page. */
  readonly cursor?: string | null
  /** Only rows that contain this text, in either case: see search.ts. Left out or null: all rows. */
  readonly search?: string | null
}

export interface Page<T> {
  readonly items: readonly T[]
  /** null: this is the last page. */
  readonly next: string | null
}

/** Makes a page of rows that were asked for with one more than the limit; `place` tells a row's order columns. */
export function toPage<T>(rows: readonly T[], limit: number, place: (row: T) => readonly string[]): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(place(last)) : null }
}

/** Reads a cursor of `columns` order columns; nulls when there is no cursor.
 * @throws StoreError `bad_cursor` */
export function decodeCursor(cursor: string | null | undefined, columns: number): (string | null)[] {
  if (cursor === null || cursor === undefined) return Array.from({ length: columns }, () => null)
  const place = parseJson(Buffer.from(cursor, 'base64url').toString())
  if (!Array.isArray(place) || place.length !== columns || !place.every(isText)) {
    throw new StoreError('bad_cursor', 'read a cursor')
  }
  return place
}

function encodeCursor(place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// PostgreSQL's text can not hold a zero byte.
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
