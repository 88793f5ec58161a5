// Who was invited, and what became of it.

import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { api, type Resource } from '../../api.js'
import { useList } from '../../list.js'
import { Badge } from '../../parts/badge.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { Empty } from '../../parts/empty.js'
import type { Tone } from '../../parts/notice.js'
import { Listing } from '../../parts/records.js'
import { Time } from '../../parts/time.js'

type Invitation = Resource<'Invitation'>

const TONES: Readonly<Record<Invitation['state'], Tone>> = {
  pending: 'accent',
  accepted: 'good',
  expired: 'warn',
  revoked: 'plain',
}

/** @param invite the button that makes one */
export function Invitations({ invite }: { invite: ReactNode }) {
  const [withdrawn, setWithdrawn] = useState<Invitation | null>(null)
  const list = useList(['invitations'], query => api.GET('/v1/invitations', { params: { query } }))
  return (
    <>
      <Listing
        label="Invitations"
        list={list}
        keyOf={({ id }) => id}
        empty={
          <Empty icon="mail" title="Nobody was invited yet" action={invite}>
            An invitation is a link with which a person chooses a password and is in.
          </Empty>
        }
        columns={[
          { label: 'Person', show: ({ email }) => email },
          { label: 'Role', show: ({ org_role }) => <Badge>{org_role}</Badge> },
          { label: 'State', show: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
          {
            label: 'Invited',
            show: ({ created_at, invited_by }) => (
              <div className="two-lines">
                <Time at={created_at} />
                <span className="second-line">by {invited_by ?? 'Postern itself'}</span>
              </div>
            ),
          },
          { label: 'Ends', show: ({ state, expires_at }) => (state === 'pending' ? <Time at={expires_at} /> : null) },
          {
            label: '',
            atEnd: true,
            show: invitation =>
              invitation.state === 'pending' ? (
                <Button size="compact-sm" variant="default" onClick={() => setWithdrawn(invitation)}>
                  Withdraw<span className="visually-hidden"> that of {invitation.email}</span>
                </Button>
              ) : null,
          },
        ]}
      />
      {withdrawn && (
        <ConfirmDialog
          isOpen
          onClose={() => setWithdrawn(null)}
          title={`Withdraw the invitation of ${withdrawn.email}?`}
          deed="Withdraw"
          act={() => api.DELETE('/v1/invitations/{id}', { params: { path: { id: withdrawn.id } } })}
        >
          Its link works no more. To let them in later, invite them again.
        </ConfirmDialog>
      )}
    </>
  )
}
