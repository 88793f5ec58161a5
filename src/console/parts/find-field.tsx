// The field above a list that searches it on the server, and what is shown when nothing is found.

import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { MAX_SEARCH_LENGTH, type Find } from '../search.js'
import { Empty } from './empty.js'
import { Icon } from './icon.js'

/** A list of a few lines needs no field. */
const FEW = 5

interface FindFieldProps {
  readonly find: Find<unknown>
  /** As in `Find by name`. */
  readonly label: string
}

export function FindField({ find: { list, typed, setTyped }, label }: FindFieldProps) {
  const isNeeded = typed !== '' || list.hasMore || (list.items?.length ?? 0) > FEW
  // Once it is there it stays: what it finds may be few.
  const [wasNeeded, setWasNeeded] = useState(isNeeded)
  if (isNeeded && !wasNeeded) setWasNeeded(true)
  if (!isNeeded && !wasNeeded) return null
  return (
    <TextInput
      mb="sm"
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={MAX_SEARCH_LENGTH}
      leftSection={<Icon name="search" size={16} />}
      value={typed}
      onChange={event => setTyped(event.currentTarget.value)}
    />
  )
}

/** @param title as in `No group matches`
 * @param searched as in `Names and descriptions` */
export function NoneFound({ find, title, searched }: { find: Find<unknown>; title: string; searched: string }) {
  return (
    <Empty icon="search" title={`${title} ${find.list.searchedFor}`}>
      {searched} are searched.
    </Empty>
  )
}
