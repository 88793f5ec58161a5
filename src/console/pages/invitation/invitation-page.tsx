// Takes an invitation, or a link for a forgotten password: one chooses a password, and is in.

import { Button, Stack } from '@mantine/core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { useAction } from '../../action.js'
import { api } from '../../api.js'
import { forgetInvitation, invitationSecret } from '../../invitation-link.js'
import { Notice } from '../../parts/notice.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { enter } from '../../session.js'
import { Entrance } from '../../shell/entrance.js'
import { LEAST_LENGTH, NewPassword } from '../account/new-password.js'

export default function InvitationPage() {
  const [password, setPassword] = useState('')
  const navigate = useNavigate()
  const token = invitationSecret()
  const acceptance = useAction(
    async (body: { token: string; password: string }) => (await api.POST('/v1/invitations/accept', { body })).data,
    {
      onDone: async signedIn => {
        forgetInvitation()
        await enter(signedIn)
        await navigate('/', { replace: true })
      },
    },
  )
  if (token === null && !acceptance.isPending) {
    return (
      <Entrance title="This link is incomplete" lead="What is behind its # is missing.">
        <Notice tone="warn">
          Open the link once more, as it was sent to you. The page takes the secret out of the address, so a reload
          needs the link again.
        </Notice>
      </Entrance>
    )
  }
  return (
    <Entrance title="Welcome to Postern" lead="Choose the password with which you sign in from now on.">
      <form
        onSubmit={event => {
          event.preventDefault()
          if (token !== null) acceptance.run({ token, password })
        }}
      >
        <Stack>
          <NewPassword label="Password" value={password} onChange={setPassword} />
          {acceptance.error && <ProblemNotice error={acceptance.error} />}
          <Button type="submit" fullWidth loading={acceptance.isPending} disabled={password.length < LEAST_LENGTH}>
            Choose and sign in
          </Button>
        </Stack>
      </form>
    </Entrance>
  )
}
