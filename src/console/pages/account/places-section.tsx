// Where one is signed in to the console, and signing out of all of it.

import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { api, type Resource } from '../../api.js'
import { useList } from '../../list.js'
import { Badge } from '../../parts/badge.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { Empty } from '../../parts/empty.js'
import { Listing, type Column } from '../../parts/records.js'
import { Section } from '../../parts/section.js'
import { Time } from '../../parts/time.js'
import { forgetSession } from '../../session.js'

type Place = Resource<'ConsoleSession'>

export function PlacesSection() {
  const [isAsking, setIsAsking] = useState(false)
  const list = useList(['me', 'places'], () => api.GET('/v1/me/sessions'))
  return (
    <Section
      title="Where you are signed in"
      description="To the console. Sessions on databases are listed with the databases."
      actions={
        <Button variant="default" onClick={() => setIsAsking(true)}>
          Sign out everywhere
        </Button>
      }
    >
      <Listing
        label="Where you are signed in"
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={
          <Empty icon="user" title="Nowhere">
            You are here with a key.
          </Empty>
        }
      />
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title="Sign out everywhere?"
        deed="Sign out everywhere"
        act={async () => {
          await api.POST('/v1/me/sessions/revoke-all')
          forgetSession()
        }}
      >
        All {list.items?.length ?? ''} sessions of yours in the console end, this one too. Your keys go on working.
      </ConfirmDialog>
    </Section>
  )
}

const COLUMNS: readonly Column<Place>[] = [
  {
    label: 'Browser',
    show: ({ user_agent: agent, current }) => (
      <Group gap={8}>
        <Text size="sm" component="span">
          {browserOf(agent)}
        </Text>
        {current && <Badge tone="good">here</Badge>}
      </Group>
    ),
  },
  { label: 'Address', show: ({ address }) => <span className="mono">{address ?? 'unknown'}</span> },
  { label: 'Signed in', show: ({ created_at: at }) => <Time at={at} /> },
  { label: 'Last seen', show: ({ last_seen_at: at }) => <Time at={at} /> },
]

/** Names the browser and the system of a User-Agent header, as far as it gives them away. */
function browserOf(agent: string | null): string {
  if (agent === null) return 'Unknown'
  const browser = /(Edg|Firefox|Chrome|Safari)(?=\/)/.exec(agent)?.[1]?.replace('Edg', 'Edge')
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1]?.replace('Mac OS X', 'macOS')
  return [browser, system].filter(Boolean).join(' on ') || agent.slice(0, 40)
}
