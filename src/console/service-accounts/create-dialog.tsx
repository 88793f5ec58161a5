// Makes a service account: pinned to databases, or, by admins, in groups.

import { MultiSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../action.js'
import { api, type Resource } from '../api.js'
import type { Role } from '../parts/badge.js'
import { FormDialog } from '../parts/form-dialog.js'
import { tell } from '../parts/toasts.js'
import { useMe, useRights } from '../session.js'
import { capOver, isAbove } from './cap.js'
import { GroupsChoice } from './groups-choice.js'
import { RoleChoice } from './role-choice.js'

type ServiceAccount = Resource<'ServiceAccount'>
type Scope = Resource<'NewServiceAccount'>['scope']

/** Databases that are shown at a time. All that one reaches are known, and searched. */
const MAX_SHOWN = 100

interface CreateServiceAccountProps {
  readonly onClose: () => void
  readonly onMade: (account: ServiceAccount) => void
  /** The one database that it shall reach. Left out: they are chosen here. */
  readonly database?: string
}

export function CreateServiceAccount({ onClose, onMade, database }: CreateServiceAccountProps) {
  const { reach } = useMe()
  const { isAdmin } = useRights()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [kind, setKind] = useState<Scope['type']>('pinned')
  const [databases, setDatabases] = useState<string[]>(database === undefined ? [] : [database])
  const [role, setRole] = useState<Role>('reader')
  const [groups, setGroups] = useState<string[]>([])
  const cap = capOver(reach, databases)
  const scope: Scope = kind === 'pinned' ? { type: 'pinned', role, databases } : { type: 'groups', groups }

  const creation = useAction(
    async (body: Resource<'NewServiceAccount'>, key) => {
      const header = { 'idempotency-key': key }
      return (await api.POST('/v1/service-accounts', { params: { header }, body })).data
    },
    {
      onDone: made => {
        tell(`Made the service account ${made.name}.`)
        onMade(made)
      },
    },
  )
  const isReady = name !== '' && (kind === 'pinned' ? databases.length > 0 && !isAbove(role, cap) : groups.length > 0)
  return (
    <FormDialog
      title={database === undefined ? 'New service account' : `New service account for ${database}`}
      onClose={onClose}
      deed="Create service account"
      action={creation}
      isDisabled={!isReady}
      onSubmit={() =>
        creation.run({ name, scope, ...(description.trim() !== '' && { description: description.trim() }) })
      }
    >
      <TextInput
        label="Name"
        description="The user of its connections. It can not be changed later."
        placeholder="nightly-report"
        required
        withAsterisk={false}
        pattern="[a-z0-9][a-z0-9._\-]{0,62}"
        title="Lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit"
        data-autofocus
        value={name}
        onChange={event => setName(event.currentTarget.value)}
      />
      <TextInput
        label="What it is for"
        maxLength={1000}
        value={description}
        onChange={event => setDescription(event.currentTarget.value)}
      />
      {isAdmin && database === undefined && (
        <SegmentedControl
          fullWidth
          aria-label="What decides on its access"
          data={[
            { value: 'pinned', label: 'Pinned to databases' },
            { value: 'groups', label: 'In groups' },
          ]}
          value={kind}
          onChange={value => setKind(value)}
        />
      )}
      {kind === 'groups' && <GroupsChoice value={groups} onChange={setGroups} />}
      {kind === 'pinned' && database === undefined && (
        <MultiSelect
          label="Databases"
          description={
            reach.length > MAX_SHOWN
              ? `Fixed for good: its scope can not grow. ${MAX_SHOWN} of ${reach.length} are shown: type a part of the name.`
              : 'Fixed for good: its scope can not grow.'
          }
          placeholder={databases.length === 0 ? 'Choose one or more' : ''}
          data={reach.map(({ database, role }) => ({ value: database, label: `${database} (you: ${role})` }))}
          nothingFoundMessage="You reach no database of that name"
          searchable
          limit={MAX_SHOWN}
          value={databases}
          onChange={setDatabases}
        />
      )}
      {kind === 'pinned' && <RoleChoice value={role} onChange={setRole} cap={cap} />}
    </FormDialog>
  )
}
