// Who is connected to what, on all instances, as it goes on; and a way to end it.

import { Button, Group, Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { count } from '../../amounts.js'
import { api } from '../../api.js'
import { useFilters, type Filters } from '../../filters.js'
import { useList } from '../../list.js'
import type { Session } from '../../live-sessions.js'
import { Empty } from '../../parts/empty.js'
import { FilterField } from '../../parts/filter-field.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Listing } from '../../parts/records.js'
import { useMe, useRights } from '../../session.js'
import { EndSession } from './end-session.js'
import { SESSION_COLUMNS } from './session-columns.js'

const NAMES = ['account', 'database', 'instance'] as const
const ASK_EVERY_MS = 3_000

export default function SessionsPage() {
  const { account: me } = useMe()
  const { isAdmin, seesAll } = useRights()
  const filters = useFilters(NAMES)
  const [ending, setEnding] = useState<Session | null>(null)
  const list = useList(
    ['sessions', filters.values],
    page => api.GET('/v1/sessions', { params: { query: { ...filters.values, ...page } } }),
    { everyMs: ASK_EVERY_MS },
  )
  // A viewer ends their own; members see only what they may end.
  const mayEnd = ({ account }: Session) => isAdmin || !seesAll || account === me.name
  const items = list.items ?? []
  return (
    <PageFrame
      title="Sessions"
      description={
        seesAll
          ? 'Connections of clients to databases on all instances, the oldest first.'
          : 'Your connections to databases and those of the service accounts that you made, the oldest first.'
      }
      actions={list.items && <Live howMany={items.length} hasMore={list.hasMore} isStuck={list.error !== null} />}
    >
      <SessionFilters filters={filters} sessions={items} />
      <Listing
        label="Sessions"
        list={list}
        keyOf={({ id, instance }) => `${instance} ${id}`}
        columns={[
          ...SESSION_COLUMNS,
          {
            label: '',
            atEnd: true,
            show: session =>
              mayEnd(session) ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`End session ${session.id}`}
                  onClick={() => setEnding(session)}
                >
                  End
                </Button>
              ) : null,
          },
        ]}
        empty={filters.areSet ? <NoneFound clear={filters.clear} /> : NONE}
      />
      <EndSession session={ending} onClose={() => setEnding(null)} />
    </PageFrame>
  )
}

function Live({ howMany, hasMore, isStuck }: { howMany: number; hasMore: boolean; isStuck: boolean }) {
  return (
    <Group gap={8} mt={6} wrap="nowrap">
      {!isStuck && <span className="live-dot" aria-hidden="true" />}
      <Text size="sm" c="dimmed" role="status">
        {isStuck
          ? 'The API does not answer: this is how it was'
          : hasMore
            ? `More than ${count(howMany, 'session')}, live`
            : `${count(howMany, 'session')}, live`}
      </Text>
    </Group>
  )
}

function SessionFilters({
  filters,
  sessions,
}: {
  filters: Filters<(typeof NAMES)[number]>
  sessions: readonly Session[]
}) {
  const { values, set } = filters
  return (
    <div className="filters" role="search" aria-label="Filter the sessions">
      <FilterField
        label="Account"
        value={values.account}
        suggestions={sessions.map(({ account }) => account)}
        onChange={account => set({ account })}
      />
      <FilterField
        label="Database"
        value={values.database}
        suggestions={sessions.map(({ database }) => database)}
        onChange={database => set({ database })}
      />
      <InstanceFilter value={values.instance} onChange={instance => set({ instance })} />
    </div>
  )
}

/** By host, for who may see the instances; others seldom need it. */
function InstanceFilter({ value, onChange }: { value: string | undefined; onChange: (id: string) => void }) {
  const { seesAll } = useRights()
  const { data } = useQuery({
    queryKey: ['instances'],
    queryFn: async () => (await api.GET('/v1/instances')).data.items,
    enabled: seesAll,
  })
  if (!seesAll) return null
  const known = (data ?? []).filter(({ runs_proxy }) => runs_proxy)
  const options = known.map(({ id, host }) => ({ value: id, label: `${host} (${id.slice(0, 8)})` }))
  const isKnown = value === undefined || known.some(({ id }) => id === value)
  return (
    <Select
      label="Instance"
      placeholder="Any"
      size="sm"
      clearable
      allowDeselect
      data={isKnown ? options : [...options, { value, label: value }]}
      value={value ?? null}
      onChange={id => onChange(id ?? '')}
      clearButtonProps={{ 'aria-label': 'Clear Instance' }}
    />
  )
}

function NoneFound({ clear }: { clear: () => void }) {
  return (
    <Empty
      icon="search"
      title="No session matches"
      action={
        <Button variant="default" onClick={clear}>
          Clear the filters
        </Button>
      }
    >
      Names have to be whole. What connects shows up here within seconds.
    </Empty>
  )
}

const NONE = (
  <Empty icon="plug" title="Nobody is connected">
    A client that logs in shows up here within seconds, with a way to end it. The Connect tab of a database has the
    strings for it.
  </Empty>
)
