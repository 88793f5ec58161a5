// Choices from a list that is searched on the server while a person types.

import { MultiSelect, Select, type ComboboxItem } from '@mantine/core'
import { useState } from 'react'
import type { SearchedList } from '../search.js'

export interface Choice {
  readonly value: string
  /** Default: the value. */
  readonly label?: string
  readonly disabled?: boolean
}

interface SearchProps<T> {
  readonly label: string
  readonly description?: string
  readonly placeholder: string
  readonly nothingFound: string
  /** Reads what is found for what was typed. A hook: it is called on every render. */
  readonly useFound: (typed: string) => SearchedList<T>
  readonly toChoice: (item: T) => Choice
}

interface SearchSelectProps<T> extends SearchProps<T> {
  readonly value: string | null
  readonly onChange: (value: string | null) => void
}

/** Chooses one. */
export function SearchSelect<T>(props: SearchSelectProps<T>) {
  const { label, description, placeholder, value, onChange } = props
  const [typed, setTyped] = useState('')
  // Once one is chosen, its label stands in the field: that is no search.
  const options = useOptions(props, typed === (value ?? '') ? '' : typed)
  return (
    <Select
      label={label}
      description={description}
      placeholder={options.isPending ? 'Loading…' : placeholder}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={options.nothing}
      data={withChosen(options.data, value === null ? [] : [value])}
      value={value}
      onChange={onChange}
    />
  )
}

interface SearchMultiSelectProps<T> extends SearchProps<T> {
  readonly value: string[]
  readonly onChange: (value: string[]) => void
}

/** Chooses several. */
export function SearchMultiSelect<T>(props: SearchMultiSelectProps<T>) {
  const { label, description, placeholder, value, onChange } = props
  const [typed, setTyped] = useState('')
  const options = useOptions(props, typed)
  return (
    <MultiSelect
      label={label}
      description={description}
      placeholder={value.length === 0 ? placeholder : ''}
      searchable
      hidePickedOptions
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={options.nothing}
      data={withChosen(options.data, value)}
      value={value}
      onChange={onChange}
    />
  )
}

/** No name has a blank. */
const MORE = 'more match'

function useOptions<T>({ useFound, toChoice, nothingFound }: SearchProps<T>, typed: string) {
  const { items, hasMore, error, isPrevious, searchedFor } = useFound(typed)
  const isSearching = isPrevious || typed.trim() !== searchedFor
  const found = (items ?? []).map(item => toOption(toChoice(item)))
  const more = { value: MORE, label: 'More match: type a part of the name', disabled: true }
  return {
    data: hasMore ? [...found, more] : found,
    isPending: items === undefined && error === null,
    nothing: error ? 'The list cannot be read. Try again.' : isSearching ? 'Searching…' : nothingFound,
  }
}

function toOption({ value, label = value, disabled = false }: Choice): ComboboxItem {
  return { value, label, disabled }
}

/** What was chosen stays a choice, whatever is being searched for now. */
function withChosen(found: readonly ComboboxItem[], chosen: readonly string[]): ComboboxItem[] {
  const missing = chosen.filter(name => !found.some(({ value }) => value === name))
  return [...missing.map(value => toOption({ value })), ...found]
}
