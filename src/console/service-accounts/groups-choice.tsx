// Groups that a service account is in.

import { MultiSelect } from '@mantine/core'
import { api } from '../api.js'
import { useList } from '../list.js'

export function GroupsChoice({ value, onChange }: { value: string[]; onChange: (groups: string[]) => void }) {
  const { items } = useList(['groups'], query => api.GET('/v1/groups', { params: { query } }))
  return (
    <MultiSelect
      label="Groups"
      description="It has what they give, now and later."
      placeholder={value.length === 0 ? 'Choose one or more' : ''}
      data={items?.map(({ name }) => name) ?? []}
      nothingFoundMessage={items?.length === 0 ? 'There are no groups yet' : 'No group of that name'}
      searchable
      value={value}
      onChange={onChange}
    />
  )
}
