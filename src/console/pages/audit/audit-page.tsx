// What was done and what was refused, the newest first; and the true reason behind a reference that a client was told.

import { Button } from '@mantine/core'
import { api } from '../../api.js'
import { useFilters } from '../../filters.js'
import { useList } from '../../list.js'
import { Empty } from '../../parts/empty.js'
import { OnlyFor } from '../../parts/only-for.js'
import { PageFrame } from '../../parts/page-frame.js'
import { AuditFilters, FILTERS, type AuditFilterValues } from './audit-filters.js'
import { Timeline } from './timeline.js'

export default function AuditPage() {
  return (
    <OnlyFor who="observers" title="Audit">
      <Audit />
    </OnlyFor>
  )
}

function Audit() {
  const filters = useFilters(FILTERS)
  const query = toQuery(filters.values)
  const list = useList(['audit-events', query], page =>
    api.GET('/v1/audit-events', { params: { query: { ...query, ...page } } }),
  )
  return (
    <PageFrame
      title="Audit"
      description="Who did what and what was refused, the newest first. A refused login is here with its true reason."
      actions={
        <Button component="a" variant="default" href={exportUrl(query)} download="postern-audit.ndjson">
          Export
        </Button>
      }
    >
      <AuditFilters filters={filters} seen={list.items ?? []} />
      <Timeline
        list={list}
        isOpen={filters.values.reference !== undefined}
        empty={
          filters.areSet ? (
            <Empty
              icon="search"
              title={filters.values.reference === undefined ? 'Nothing matches' : 'No event has this reference'}
              action={
                <Button variant="default" onClick={filters.clear}>
                  Clear the filters
                </Button>
              }
            >
              {filters.values.reference === undefined
                ? 'Names have to be whole; an action may be the beginning of one, as in key.'
                : 'Refused logins and refused changes are here within seconds; of many that are alike only some have a row. Failed reads and internal errors are in the log of the instance only, under the same reference.'}
            </Empty>
          ) : (
            <Empty icon="audit" title="Nothing has happened yet">
              What people and machines change is written here, and what they are refused.
            </Empty>
          )
        }
      />
    </PageFrame>
  )
}

type Query = Omit<AuditFilterValues, 'outcome'> & { readonly outcome?: 'done' | 'refused' }

/** An address can hold anything; what is no outcome is none. */
function toQuery({ outcome, ...rest }: AuditFilterValues): Query {
  return outcome === 'done' || outcome === 'refused' ? { ...rest, outcome } : rest
}

function exportUrl(query: Query): string {
  const params = new URLSearchParams(Object.entries(query))
  return `/v1/audit-events/export${params.size === 0 ? '' : `?${params.toString()}`}`
}
