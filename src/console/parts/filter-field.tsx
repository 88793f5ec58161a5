// One filter of a list: typed, or chosen from what has been seen. It holds when Enter is pressed or the field is left, so
// that no letter costs a question.

import { Autocomplete, CloseButton } from '@mantine/core'
import { useState } from 'react'

interface FilterFieldProps {
  readonly label: string
  readonly value: string | undefined
  /** Empty: no filter. */
  readonly onChange: (value: string) => void
  readonly suggestions?: readonly string[]
  readonly placeholder?: string
}

export function FilterField({ label, value = '', onChange, suggestions = [], placeholder = 'Any' }: FilterFieldProps) {
  const [typed, setTyped] = useState({ text: value, over: value })
  // Back, and a click elsewhere, change the address under the field.
  const text = typed.over === value ? typed.text : value
  const commit = (next: string) => {
    setTyped({ text: next.trim(), over: next.trim() })
    if (next.trim() !== value) onChange(next.trim())
  }
  return (
    <Autocomplete
      label={label}
      size="sm"
      placeholder={placeholder}
      data={[...new Set(suggestions)].sort()}
      limit={20}
      value={text}
      onChange={next => setTyped({ text: next, over: value })}
      onOptionSubmit={commit}
      onBlur={() => commit(text)}
      onKeyDown={event => {
        if (event.key === 'Enter') commit(event.currentTarget.value)
      }}
      rightSection={
        text === '' ? null : <CloseButton size="sm" aria-label={`Clear ${label}`} onClick={() => commit('')} />
      }
    />
  )
}
