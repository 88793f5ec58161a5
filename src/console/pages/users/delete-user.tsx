// Deletes a person, and asks what shall become of the service accounts that they made.

import { Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useQuery } from '@tanstack/react-query'
import { count } from '../../amounts.js'
import { api, type Resource } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import { readAll } from '../../list.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { SearchSelect, type Choice } from '../../parts/search-select.js'
import { usePeople, type User } from '../../people.js'
import { useLive } from '../../sessions/live-count.js'

type Fate = 'transfer' | 'delete'

export function DeleteUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { email, active_keys } = user
  const navigate = useNavigate()
  const live = useLive({ account: email }, '0 live sessions')
  const made = useQuery({ queryKey: ['service-accounts', 'made-by', email], queryFn: () => readMadeBy(email) })
  const [fate, setFate] = useState<Fate>('transfer')
  const [heir, setHeir] = useState<string | null>(null)
  const machines = made.data?.items ?? []
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
        watchChange({ title: `Deleted ${email}`, sessions: live.sessions })
        void navigate('/users', { replace: true })
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          They are signed out, {count(active_keys, 'active key')} of theirs {active_keys === 1 ? 'is' : 'are'} revoked,{' '}
          {live.words} of theirs end{live.sessions.length === 1 ? 's' : ''}, and their grants are forgotten. This can
          not be undone.
        </Text>
        {machines.length > 0 && (
          <FateChoice
            machines={machines}
            hasMore={made.data?.hasMore ?? false}
            fate={fate}
            setFate={setFate}
            heir={heir}
            setHeir={setHeir}
            email={email}
          />
        )}
      </Stack>
    </ConfirmDialog>
  )
}

interface FateChoiceProps {
  readonly machines: readonly Resource<'ServiceAccount'>[]
  /** They created more than these. */
  readonly hasMore: boolean
  readonly email: string
  readonly fate: Fate
  readonly setFate: (fate: Fate) => void
  readonly heir: string | null
  readonly setHeir: (email: string | null) => void
}

function FateChoice({ machines, hasMore, email, fate, setFate, heir, setHeir }: FateChoiceProps) {
  const unnamed = machines.length - MAX_NAMED
  return (
    <>
      <Text size="sm">
        They made {hasMore && 'at least '}
        {count(machines.length, 'service account')}:{' '}
        <span className="mono">
          {machines
            .slice(0, MAX_NAMED)
            .map(({ name }) => name)
            .join(', ')}
        </span>
        {unnamed > 0 && ` and ${unnamed} more`}.
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
        <SearchSelect
          label="Who"
          description="Their reach caps the service accounts from now on, at once for live sessions."
          placeholder="Choose a member or an admin"
          nothingFound="No person matches"
          useFound={usePeople}
          toChoice={person => toHeir(person, email)}
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

/** Accounts that are named; all are counted. */
const MAX_NAMED = 20
const MAX_MACHINES = 2_000

/** The pinned accounts that a person created, at most 2,000. */
function readMadeBy(email: string) {
  return readAll(
    page => api.GET('/v1/service-accounts', { params: { query: { ...page, made_by: email } } }),
    MAX_MACHINES,
  )
}

/** Who cannot take them over is shown with the reason. */
function toHeir({ email, state, org_role }: User, leaving: string): Choice {
  const obstacle =
    email === leaving ? 'is deleted' : state !== 'active' ? state : org_role === 'viewer' ? 'viewer' : null
  return obstacle === null ? { value: email } : { value: email, label: `${email} (${obstacle})`, disabled: true }
}
