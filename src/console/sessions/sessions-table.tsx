// Live sessions, read again every few seconds, each with a button that ends it.

import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { api, type Resource } from '../api.js'
import { useList } from '../list.js'
import { Badge, RoleBadge } from '../parts/badge.js'
import { Empty } from '../parts/empty.js'
import { Listing, type Column } from '../parts/records.js'
import { Time } from '../parts/time.js'
import { EndSession } from '../pages/sessions/end-session.js'
import { useMe, useRights } from '../session.js'

type Session = Resource<'Session'>

const EVERY_MS = 4000

interface SessionsTableProps {
  readonly filter: { readonly account?: string; readonly database?: string }
  /** What every line would say alike. */
  readonly without: readonly ('account' | 'database')[]
}

export function SessionsTable({ filter, without }: SessionsTableProps) {
  const { account: me } = useMe()
  const { isAdmin, mayMake } = useRights()
  const [ending, setEnding] = useState<Session | null>(null)
  const list = useList(
    ['sessions', filter],
    page => api.GET('/v1/sessions', { params: { query: { ...page, ...filter } } }),
    { everyMs: EVERY_MS },
  )
  // A viewer sees all and ends their own; a member sees only what they may end.
  const mayEnd = (session: Session) => isAdmin || mayMake || session.account === me.name
  return (
    <>
      <Listing
        label="Live sessions"
        list={list}
        columns={columnsOf(without, mayEnd, setEnding)}
        keyOf={({ id }) => id}
        empty={
          <Empty icon="pulse" title="No live sessions">
            Whoever connects through the proxy shows up here within seconds.
          </Empty>
        }
      />
      <EndSession session={ending} onClose={() => setEnding(null)} />
    </>
  )
}

function columnsOf(
  without: SessionsTableProps['without'],
  mayEnd: (session: Session) => boolean,
  end: (session: Session) => void,
): Column<Session>[] {
  const columns: (Column<Session> | null)[] = [
    without.includes('account')
      ? null
      : { label: 'Account', show: ({ account }) => <span className="mono">{account}</span> },
    without.includes('database')
      ? null
      : { label: 'Database', show: ({ database }) => <span className="mono">{database}</span> },
    { label: 'Role', show: ({ role }) => <RoleBadge role={role} /> },
    {
      label: 'Client',
      show: ({ application, address, id }) => (
        <div>
          {application ?? 'unnamed'}
          <Text size="xs" c="dimmed">
            {address} · <span className="mono">{id}</span>
          </Text>
        </div>
      ),
    },
    { label: 'Opened', show: ({ opened_at: at }) => <Time at={at} /> },
    { label: 'State', show: ({ state }) => <Badge tone={state === 'busy' ? 'accent' : 'plain'}>{state}</Badge> },
    {
      label: '',
      atEnd: true,
      show: session =>
        mayEnd(session) && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`End session ${session.id}`}
            onClick={() => end(session)}
          >
            End
          </Button>
        ),
    },
  ]
  return columns.filter(column => column !== null)
}
