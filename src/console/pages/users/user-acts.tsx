// What an admin does to a person: another role, a link for a new password, deactivation and its undoing.

import { Text } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { count } from '../../amounts.js'
import { api, type Resource } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import { useLiveSessions } from '../../live-sessions.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { FormDialog } from '../../parts/form-dialog.js'
import type { User } from '../../people.js'
import { LinkOnce } from './invite-dialog.js'
import { OrgRoleChoice, type OrgRole } from './org-role-choice.js'

interface ActProps {
  readonly user: User
  readonly onClose: () => void
}

export function ChangeRole({ user: { email, org_role }, onClose }: ActProps) {
  const [role, setRole] = useState<OrgRole>(org_role)
  const changing = useAction(
    (role: OrgRole) => api.PATCH('/v1/users/{email}', { params: { path: { email } }, body: { org_role: role } }),
    { onDone: onClose },
  )
  return (
    <FormDialog
      title={`Role of ${email}`}
      deed="Save"
      onClose={onClose}
      action={changing}
      isDisabled={role === org_role}
      onSubmit={() => changing.run(role)}
    >
      <OrgRoleChoice value={role} onChange={setRole} />
    </FormDialog>
  )
}

export function PasswordLink({ user: { email }, onClose }: ActProps) {
  const [made, setMade] = useState<Resource<'CreatedInvitation'> | null>(null)
  const making = useAction(
    async (email: string, key) => {
      const params = { path: { email }, header: { 'idempotency-key': key } }
      return (await api.POST('/v1/users/{email}/password-link', { params })).data
    },
    { onDone: setMade },
  )
  if (made) return <LinkOnce title={`A new password for ${email}`} made={made} onClose={onClose} />
  return (
    <FormDialog
      title={`Make a password link for ${email}?`}
      deed="Make the link"
      onClose={onClose}
      action={making}
      onSubmit={() => making.run(email)}
    >
      <Text size="sm">
        For a person who has forgotten their password. The link is shown once and works once; until then the old
        password works. Their keys and live sessions are not affected.
      </Text>
    </FormDialog>
  )
}

export function SetActive({ user, onClose }: ActProps) {
  const { email, state } = user
  const path = { email }
  if (state !== 'active') {
    return (
      <ConfirmDialog
        isOpen
        isHarmless
        onClose={onClose}
        title={`Activate ${email} again?`}
        deed="Activate"
        act={() => api.POST('/v1/users/{email}/activate', { params: { path } })}
      >
        Their {count(user.active_keys, 'active key')} work again at once, and so do the pinned accounts that they made.
        They have to sign in anew.
      </ConfirmDialog>
    )
  }
  return <Deactivate user={user} onClose={onClose} />
}

function Deactivate({ user: { email, active_keys }, onClose }: ActProps) {
  const live = useLiveSessions({ account: email })
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Deactivate ${email}?`}
      deed="Deactivate"
      isDisabled={live.isPending}
      act={() => api.POST('/v1/users/{email}/deactivate', { params: { path: { email } } })}
      onDone={() => watchChange({ title: `Deactivated ${email}`, sessions: live.data ?? [] })}
    >
      They are signed out, {count(active_keys, 'active key')} of theirs stop{active_keys === 1 ? 's' : ''}, and{' '}
      {live.data ? count(live.data.length, 'live session') : '…'} of theirs end
      {live.data?.length === 1 ? 's' : ''}. The pinned accounts that they made reach nothing meanwhile. You can activate
      them again.
    </ConfirmDialog>
  )
}
