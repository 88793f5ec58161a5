// The filters of the audit log.

import { Select, TextInput } from '@mantine/core'
import type { Resource } from '../../api.js'
import type { Filters } from '../../filters.js'
import { FilterField } from '../../parts/filter-field.js'
import { ReferenceField } from './reference-field.js'

export const FILTERS = ['reference', 'actor', 'action', 'target', 'outcome', 'from', 'until'] as const
export type AuditFilterValues = Filters<(typeof FILTERS)[number]>['values']

interface AuditFiltersProps {
  readonly filters: Filters<(typeof FILTERS)[number]>
  /** What has come so far: what can be chosen from. */
  readonly seen: readonly Resource<'AuditEvent'>[]
}

export function AuditFilters({ filters: { values, set }, seen }: AuditFiltersProps) {
  return (
    <div className="filters" role="search" aria-label="Filter the audit log">
      <ReferenceField value={values.reference} onChange={reference => set({ reference })} />
      <FilterField
        label="Who"
        value={values.actor}
        suggestions={seen.flatMap(({ actor }) => actor ?? [])}
        onChange={actor => set({ actor })}
      />
      <FilterField
        label="Action"
        value={values.action}
        suggestions={seen.map(({ action }) => action)}
        onChange={action => set({ action })}
      />
      <FilterField
        label="What was changed"
        value={values.target}
        suggestions={seen.flatMap(({ target }) => target ?? [])}
        onChange={target => set({ target })}
      />
      <Select
        label="Outcome"
        size="sm"
        data={[
          { value: '', label: 'Any' },
          { value: 'done', label: 'Done' },
          { value: 'refused', label: 'Refused' },
        ]}
        value={values.outcome ?? ''}
        onChange={outcome => set({ outcome: outcome ?? '' })}
      />
      <TimeField label="From" value={values.from} onChange={from => set({ from })} />
      <TimeField label="Until" value={values.until} onChange={until => set({ until })} />
    </div>
  )
}

interface TimeFieldProps {
  readonly label: string
  /** ISO 8601, as in the address: it means the same to whoever is sent it. */
  readonly value: string | undefined
  readonly onChange: (value: string) => void
}

function TimeField({ label, value, onChange }: TimeFieldProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      size="sm"
      value={toLocal(value)}
      onChange={({ currentTarget: { value } }) => onChange(value === '' ? '' : new Date(value).toISOString())}
    />
  )
}

function toLocal(iso: string | undefined): string {
  const epochMs = iso === undefined ? NaN : Date.parse(iso)
  if (Number.isNaN(epochMs)) return ''
  const offsetMs = new Date(epochMs).getTimezoneOffset() * 60_000
  return new Date(epochMs - offsetMs).toISOString().slice(0, 16)
}
