// Deletes a person, and asks what shall become of the service accounts that they made.

import { Radio, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useQuery } from '@tanstack/react-query'
import { count } from '../../amounts.js'
import { api, type Resource } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import { useLiveSessions } from '../../live-sessions.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { usePeople, type User } from '../../people.js'

type Fate = 'transfer' | 'delete'

export function DeleteUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { email, active_keys } = user
  const navigate = useNavigate()
  const live = useLiveSessions({ account: email })
  const made = useQuery({ queryKey: ['service-accounts', 'made-by', email], queryFn: () => readMadeBy(email) })
  const [fate, setFate] = useState<Fate>('transfer')
  const [heir, setHeir] = useState<string | null>(null)
  const machines = made.data ?? []
  const isDecided = machines.length === 0 || fate === 'delete' || heir !== null
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete ${email}?`}
      deed="Delete for good"
      isDisabled={made.isPending || live.isPending || !isDecided}
      act={() =>
        api.DELETE('/v1/users/{email}', {
          params: { path: { email }, query: machines.length === 0 ? {} : toQuery(fate, heir) },
        })
      }
      onDone={() => {
        watchChange({ title: `Deleted ${email}`, sessions: live.data ?? [] })
        void navigate('/users', { replace: true })
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          They are signed out, {count(active_keys, 'active key')} of theirs {active_keys === 1 ? 'is' : 'are'} revoked,{' '}
          {live.data ? count(live.data.length, 'live session') : '…'} of theirs end{live.data?.length === 1 ? 's' : ''},
          and their grants are forgotten. This can not be undone.
        </Text>
        {machines.length > 0 && (
          <FateChoice machines={machines} fate={fate} setFate={setFate} heir={heir} setHeir={setHeir} email={email} />
        )}
      </Stack>
    </ConfirmDialog>
  )
}

interface FateChoiceProps {
  readonly machines: readonly Resource<'ServiceAccount'>[]
  readonly email: string
  readonly fate: Fate
  readonly setFate: (fate: Fate) => void
  readonly heir: string | null
  readonly setHeir: (email: string | null) => void
}

function FateChoice({ machines, email, fate, setFate, heir, setHeir }: FateChoiceProps) {
  const people = usePeople()
  const heirs = (people.data ?? []).filter(
    person => person.email !== email && person.state === 'active' && person.org_role !== 'viewer',
  )
  return (
    <>
      <Text size="sm">
        They made {count(machines.length, 'service account')}:{' '}
        <span className="mono">{machines.map(({ name }) => name).join(', ')}</span>.
      </Text>
      <Radio.Group
        label="What shall become of them?"
        value={fate}
        onChange={value => setFate(value === 'delete' ? 'delete' : 'transfer')}
      >
        <Stack gap={8} mt={8}>
          <Radio value="transfer" label="Somebody else answers for them" />
          <Radio value="delete" label="They are deleted too, with their keys and sessions" />
        </Stack>
      </Radio.Group>
      {fate === 'transfer' && (
        <Select
          label="Who"
          description="Their reach caps the service accounts from now on, at once for live sessions."
          placeholder={people.isPending ? 'Loading…' : 'Choose a member or an admin'}
          searchable
          data={heirs.map(({ email }) => email)}
          value={heir}
          onChange={setHeir}
        />
      )}
    </>
  )
}

function toQuery(fate: Fate, heir: string | null): { transfer_to?: string; pinned_accounts?: 'delete' } {
  if (fate === 'delete') return { pinned_accounts: 'delete' }
  return heir === null ? {} : { transfer_to: heir }
}

const PAGE = 200
const MAX_PAGES = 10

/** The pinned accounts that a person made, of the first 2,000 that there are. Should any be missed, the API refuses. */
async function readMadeBy(email: string): Promise<readonly Resource<'ServiceAccount'>[]> {
  const found: Resource<'ServiceAccount'>[] = []
  let cursor: string | null = null
  for (let page = 0; page === 0 || (cursor !== null && page < MAX_PAGES); page++) {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) }
    const { data }: { data: Resource<'ServiceAccountList'> } = await api.GET('/v1/service-accounts', {
      params: { query },
    })
    found.push(...data.items.filter(({ made_by, state }) => made_by === email && state !== 'deleted'))
    cursor = data.next_cursor
  }
  return found
}
