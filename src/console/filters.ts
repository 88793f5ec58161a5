// Filters of a list, kept in the address: a link shows what its sender saw, and back takes the last choice away.

import { useSearchParams } from 'react-router'

export interface Filters<Name extends string> {
  /** Those that are set. */
  readonly values: { readonly [name in Name]?: string }
  readonly areSet: boolean
  /** Empty: no longer set. */
  readonly set: (changes: { readonly [name in Name]?: string }) => void
  readonly clear: () => void
}

/** Reads and sets the filters of these names. */
export function useFilters<Name extends string>(names: readonly Name[]): Filters<Name> {
  const [params, setParams] = useSearchParams()
  const entries = names.flatMap(name => {
    const value = params.get(name)
    return value ? [[name, value] as const] : []
  })
  return {
    values: Object.fromEntries(entries) as { [name in Name]?: string },
    areSet: entries.length > 0,
    set: changes => {
      const next = new URLSearchParams(params)
      for (const [name, value] of Object.entries<string | undefined>(changes)) {
        if (value) next.set(name, value)
        else next.delete(name)
      }
      if (next.toString() !== params.toString()) setParams(next)
    },
    clear: () => {
      const next = new URLSearchParams(params)
      for (const name of names) next.delete(name)
      setParams(next)
    },
  }
}
