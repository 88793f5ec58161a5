// Revokes one key by its token: for whoever finds one in a log, a repository or a mail.

import { PasswordInput, Text } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../action.js'
import { api } from '../api.js'
import { FormDialog } from '../parts/form-dialog.js'
import { tell } from '../parts/toasts.js'

export function RevokeTokenDialog({ onClose }: { onClose: () => void }) {
  const [token, setToken] = useState('')
  const revocation = useAction(
    async (token: string) => {
      await api.POST('/v1/keys/revoke', { body: { token } })
    },
    {
      onDone: () => {
        tell('If a key has this token, it is revoked and its sessions end.')
        onClose()
      },
    },
  )
  return (
    <FormDialog
      title="Revoke a single key"
      onClose={onClose}
      deed="Revoke this key"
      action={revocation}
      isDisabled={token.trim() === ''}
      onSubmit={() => revocation.run(token.trim())}
    >
      <Text size="sm">
        Paste the token of the key. It stops at once and its sessions end; no other key is touched. This can not be
        undone.
      </Text>
      <PasswordInput
        label="Token"
        placeholder="pstn_…"
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        value={token}
        onChange={event => setToken(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
