// Looks a reference up: the whole error that it was read in may be pasted. Only the reference is sent and put into the
// address; what was pasted with it may be a command line that has a token.

import { CloseButton, TextInput } from '@mantine/core'
import { useState } from 'react'
import { findReference, REFERENCE_FORMS } from '../../../model/reference.js'

interface ReferenceFieldProps {
  readonly value: string | undefined
  /** Empty: no filter. */
  readonly onChange: (reference: string) => void
}

export function ReferenceField({ value = '', onChange }: ReferenceFieldProps) {
  const [typed, setTyped] = useState({ text: value, over: value, isWrong: false })
  // Back, and a link of a problem, change the address under the field.
  const { text, isWrong } = typed.over === value ? typed : { text: value, isWrong: false }

  const commit = (next: string) => {
    const reference = next.trim() === '' ? '' : findReference(next)
    if (reference === null) return setTyped({ text: next, over: value, isWrong: true })
    setTyped({ text: reference, over: reference, isWrong: false })
    if (reference !== value) onChange(reference)
  }
  return (
    <TextInput
      label="Reference"
      size="sm"
      placeholder="Paste one, or the error with it"
      autoComplete="off"
      spellCheck={false}
      value={text}
      error={isWrong && `This text has no reference. A reference looks like ${REFERENCE_FORMS}.`}
      onChange={({ currentTarget }) => setTyped({ text: currentTarget.value, over: value, isWrong: false })}
      onPaste={event => {
        // From the clipboard: the field itself drops line ends.
        const pasted = event.clipboardData.getData('text')
        if (findReference(pasted) === null) return
        event.preventDefault()
        commit(pasted)
      }}
      onBlur={() => {
        if (text !== value) commit(text)
      }}
      onKeyDown={event => {
        if (event.key === 'Enter') commit(event.currentTarget.value)
      }}
      rightSection={
        text === '' ? null : <CloseButton size="sm" aria-label="Clear Reference" onClick={() => commit('')} />
      }
    />
  )
}
