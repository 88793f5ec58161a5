// A group: who is in it, and what it gives them.

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { count } from '../../amounts.js'
import { api, type Resource } from '../../api.js'
import { Answer } from '../../parts/answer.js'
import { Badge } from '../../parts/badge.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { OnlyFor } from '../../parts/only-for.js'
import { PageFrame } from '../../parts/page-frame.js'
import { useRights } from '../../session.js'
import { GroupForm } from './group-form.js'
import { Grants } from './grants.js'
import { Machines, Members } from './members.js'

export default function GroupPage() {
  const { group = '' } = useParams()
  return (
    <OnlyFor who="observers" title={group}>
      <Group name={group} />
    </OnlyFor>
  )
}

const ABOVE = [{ label: 'Groups', to: '/groups' }]

function Group({ name }: { name: string }) {
  const { isAdmin } = useRights()
  const [asked, setAsked] = useState<'edit' | 'delete' | null>(null)
  const query = useQuery({
    queryKey: ['groups', name],
    queryFn: async () => (await api.GET('/v1/groups/{group}', { params: { path: { group: name } } })).data,
  })
  const group = query.data
  const close = () => setAsked(null)
  return (
    <PageFrame
      title={name}
      above={ABOVE}
      description={group?.description ?? undefined}
      badges={group?.organization_admin ? <Badge tone="warn">organization admin</Badge> : undefined}
      actions={
        isAdmin && group ? (
          <>
            <Button variant="default" onClick={() => setAsked('edit')}>
              Edit
            </Button>
            <Button variant="default" c="var(--postern-bad)" onClick={() => setAsked('delete')}>
              Delete
            </Button>
          </>
        ) : undefined
      }
    >
      <Answer query={query}>
        {group => (
          <>
            <Grants group={group.name} />
            <Members group={group.name} />
            <Machines group={group.name} />
            {asked === 'edit' && <GroupForm group={group} onClose={close} />}
            <DeleteGroup group={group} isOpen={asked === 'delete'} onClose={close} />
          </>
        )}
      </Answer>
    </PageFrame>
  )
}

interface DeleteGroupProps {
  readonly group: Resource<'Group'>
  readonly isOpen: boolean
  readonly onClose: () => void
}

function DeleteGroup({ group, isOpen, onClose }: DeleteGroupProps) {
  const navigate = useNavigate()
  const { name, members, grants, organization_admin } = group
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Delete ${name}?`}
      deed="Delete the group"
      act={() => api.DELETE('/v1/groups/{group}', { params: { path: { group: name } } })}
      onDone={() => void navigate('/groups', { replace: true })}
    >
      Its {count(members, 'member')} lose {count(grants, 'grant')}
      {organization_admin ? ' and the administration of the organization' : ''}. Live sessions that depend on that end,
      those of pinned service accounts of its members too. The accounts themselves stay. This can not be undone.
    </ConfirmDialog>
  )
}
