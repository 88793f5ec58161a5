// Lists that are searched on the server while a person types.

import { useDebouncedValue } from '@mantine/hooks'
import { useSearchParams } from 'react-router'
import { useList, type List, type PageQuery } from './list.js'

const DEBOUNCE_MS = 250
/** The API takes no longer text. */
export const MAX_SEARCH_LENGTH = 254

type Ask<T> = (
  page: PageQuery & { q?: string },
) => Promise<{ readonly data: { readonly items: readonly T[]; readonly next_cursor: string | null } }>

export interface SearchedList<T> extends List<T> {
  /** What the listed items were searched for; empty: they are not. */
  readonly searchedFor: string
}

/** Reads a list, and of it what the API finds for a text.
 * @param typed the text as it is being typed */
export function useSearch<T>(key: readonly unknown[], typed: string, ask: Ask<T>, enabled = true): SearchedList<T> {
  const [q] = useDebouncedValue(typed.trim().slice(0, MAX_SEARCH_LENGTH), DEBOUNCE_MS)
  const list = useList([...key, { q }], page => ask(q === '' ? page : { ...page, q }), { enabled, keepsPrevious: true })
  return { ...list, searchedFor: q }
}

export interface Find<T> {
  readonly list: SearchedList<T>
  readonly typed: string
  readonly setTyped: (text: string) => void
}

/** Reads a list that a page has a field for to search it. The text is kept in the address.
 * @param name of the parameter in the address */
export function useFind<T>(key: readonly unknown[], ask: Ask<T>, name = 'find'): Find<T> {
  const [params, setParams] = useSearchParams()
  const typed = params.get(name) ?? ''
  return {
    list: useSearch(key, typed, ask),
    typed,
    setTyped: text =>
      setParams(
        before => {
          if (text === '') before.delete(name)
          else before.set(name, text)
          return before
        },
        { replace: true },
      ),
  }
}
