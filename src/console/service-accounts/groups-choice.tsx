// Groups that a service account is in.

import { api } from '../api.js'
import { SearchMultiSelect } from '../parts/search-select.js'
import { useSearch } from '../search.js'

export function GroupsChoice({ value, onChange }: { value: string[]; onChange: (groups: string[]) => void }) {
  return (
    <SearchMultiSelect
      label="Groups"
      description="It has what they give, now and later."
      placeholder="Choose one or more"
      nothingFound="No group matches"
      useFound={useGroups}
      toChoice={({ name }) => ({ value: name })}
      value={value}
      onChange={onChange}
    />
  )
}

function useGroups(typed: string) {
  return useSearch(['groups'], typed, query => api.GET('/v1/groups', { params: { query } }))
}
