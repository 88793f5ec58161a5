// Invites a person: the link is shown this once, for Postern sends no mail.

import { Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { api, type Resource } from '../../api.js'
import { CopyButton } from '../../parts/copy-button.js'
import { FormDialog } from '../../parts/form-dialog.js'
import { Notice } from '../../parts/notice.js'
import { ShownOnce } from '../../parts/shown-once.js'
import { Time } from '../../parts/time.js'
import { OrgRoleChoice, type OrgRole } from './org-role-choice.js'

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<OrgRole>('member')
  const [made, setMade] = useState<Resource<'CreatedInvitation'> | null>(null)
  const inviting = useAction(
    async (body: { email: string; org_role: OrgRole }, key) =>
      (await api.POST('/v1/invitations', { params: { header: { 'idempotency-key': key } }, body })).data,
    { onDone: setMade },
  )
  if (made) return <LinkOnce title={`${made.invitation.email} is invited`} made={made} onClose={onClose} />
  return (
    <FormDialog
      title="Invite a person"
      deed="Make the link"
      onClose={onClose}
      action={inviting}
      isDisabled={email.trim() === ''}
      onSubmit={() => inviting.run({ email: email.trim(), org_role: role })}
    >
      <TextInput
        label="E-mail address"
        description="They sign in with it, and connect as it."
        type="email"
        autoComplete="off"
        data-autofocus
        value={email}
        onChange={({ currentTarget: { value } }) => setEmail(value)}
      />
      <OrgRoleChoice value={role} onChange={setRole} />
    </FormDialog>
  )
}

interface LinkOnceProps {
  readonly title: string
  readonly made: Resource<'CreatedInvitation'>
  readonly onClose: () => void
}

/** A link that lets a person in, shown this once. */
export function LinkOnce({ title, made: { invitation, url }, onClose }: LinkOnceProps) {
  return (
    <ShownOnce title={title} onClose={onClose}>
      <Stack gap="sm">
        <Notice tone="warn">
          <Text size="sm" fw={600}>
            Give them this link: it is shown this once.
          </Text>
          <Text size="sm">
            Postern sends no mail. Whoever has the link can choose the password, once; it ends{' '}
            <Time at={invitation.expires_at} />.
          </Text>
        </Notice>
        <pre className="code" aria-label="The link" data-testid="invitation-link">
          {url}
        </pre>
        <Group>
          <CopyButton text={url} what="the link" isLarge />
        </Group>
      </Stack>
    </ShownOnce>
  )
}
