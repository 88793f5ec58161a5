// Makes a group, or changes one.

import { Switch, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useAction } from '../../action.js'
import { api, type Resource } from '../../api.js'
import { FormDialog } from '../../parts/form-dialog.js'

interface GroupFormProps {
  /** The one to change; left out: a new one. */
  readonly group?: Resource<'Group'>
  readonly onClose: () => void
}

interface Fields {
  readonly name: string
  readonly description: string
  readonly organizationAdmin: boolean
}

export function GroupForm({ group, onClose }: GroupFormProps) {
  const navigate = useNavigate()
  const [fields, setFields] = useState<Fields>({
    name: group?.name ?? '',
    description: group?.description ?? '',
    organizationAdmin: group?.organization_admin ?? false,
  })
  const set = (change: Partial<Fields>) => setFields(before => ({ ...before, ...change }))
  const saving = useAction((wanted: Fields, key) => save(group, wanted, key), {
    onDone: ({ name }) => {
      onClose()
      if (name !== group?.name) void navigate(`/groups/${name}`, { replace: group !== undefined })
    },
  })
  return (
    <FormDialog
      title={group ? `Edit ${group.name}` : 'New group'}
      deed={group ? 'Save' : 'Make the group'}
      onClose={onClose}
      action={saving}
      onSubmit={() => saving.run({ ...fields, name: fields.name.trim() })}
      isDisabled={fields.name.trim() === ''}
    >
      <TextInput
        label="Name"
        description="Lower-case letters, digits, dots, dashes and underscores"
        data-autofocus
        autoComplete="off"
        maxLength={63}
        value={fields.name}
        onChange={({ currentTarget: { value } }) => set({ name: value })}
      />
      <Textarea
        label="Description"
        placeholder="What it is for"
        autosize
        minRows={2}
        maxLength={1000}
        value={fields.description}
        onChange={({ currentTarget: { value } }) => set({ description: value })}
      />
      <Switch
        label="Members administer the organization"
        description="They may do everything that an admin may. Viewers stay viewers."
        checked={fields.organizationAdmin}
        onChange={({ currentTarget: { checked } }) => set({ organizationAdmin: checked })}
      />
    </FormDialog>
  )
}

async function save(group: Resource<'Group'> | undefined, fields: Fields, key: string): Promise<Resource<'Group'>> {
  const { name, description, organizationAdmin: organization_admin } = fields
  if (group === undefined) {
    const header = { 'idempotency-key': key }
    const body = { name, organization_admin, ...(description !== '' && { description }) }
    return (await api.POST('/v1/groups', { params: { header }, body })).data
  }
  const body = { name, description: description === '' ? null : description, organization_admin }
  return (await api.PATCH('/v1/groups/{group}', { params: { path: { group: group.name } }, body })).data
}
