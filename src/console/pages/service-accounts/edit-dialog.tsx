// Changes what a service account in groups is for, and which groups those are.

import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { api, type Resource } from '../../api.js'
import { FormDialog } from '../../parts/form-dialog.js'
import { tell } from '../../parts/toasts.js'
import { GroupsChoice } from '../../service-accounts/groups-choice.js'

interface EditDialogProps {
  readonly account: Resource<'ServiceAccount'>
  readonly groups: readonly string[]
  readonly onClose: () => void
}

export function EditDialog({ account, groups: before, onClose }: EditDialogProps) {
  const [description, setDescription] = useState(account.description ?? '')
  const [groups, setGroups] = useState<string[]>([...before])
  const edit = useAction(
    (body: Resource<'ServiceAccountEdit'>) =>
      api.PATCH('/v1/service-accounts/{name}', { params: { path: { name: account.name } }, body }),
    {
      onDone: () => {
        tell(`Changed ${account.name}.`)
        onClose()
      },
    },
  )
  return (
    <FormDialog
      title={`Edit ${account.name}`}
      onClose={onClose}
      deed="Save changes"
      action={edit}
      isDisabled={groups.length === 0}
      onSubmit={() => edit.run({ description: description.trim() || null, groups })}
    >
      <TextInput
        label="What it is for"
        maxLength={1000}
        value={description}
        onChange={event => setDescription(event.currentTarget.value)}
      />
      <GroupsChoice value={groups} onChange={setGroups} />
    </FormDialog>
  )
}
