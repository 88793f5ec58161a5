// Makes a key, and shows its token this once.

import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../action.js'
import { FormDialog } from '../parts/form-dialog.js'
import { TokenOnce } from '../parts/token-once.js'
import { createKey } from './create-key.js'
import { ExpiryChoice } from './expiry-choice.js'

export function CreateKeyDialog({ account, onClose }: { account: string; onClose: () => void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [expiresInDays, setExpiresInDays] = useState('90')
  const [token, setToken] = useState<string | null>(null)
  const creation = useAction(createKey, { onDone: ({ token }) => setToken(token) })

  if (token !== null) return <TokenDialog token={token} account={account} onClose={onClose} title="The key is made" />
  return (
    <FormDialog
      title={`New key of ${account}`}
      onClose={onClose}
      deed="Create key"
      action={creation}
      onSubmit={() => creation.run({ account, name, description, expiresInDays })}
    >
      <TextInput
        label="Name"
        description="Where it is used, so that you know which one to revoke."
        placeholder="nightly report"
        maxLength={100}
        data-autofocus
        value={name}
        onChange={event => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        maxLength={1000}
        value={description}
        onChange={event => setDescription(event.currentTarget.value)}
      />
      <ExpiryChoice value={expiresInDays} onChange={setExpiresInDays} />
    </FormDialog>
  )
}

interface TokenDialogProps {
  readonly title: string
  readonly token: string
  readonly account: string
  readonly onClose: () => void
}

/** Closed by its button alone: a click beside it must not lose the token. */
export function TokenDialog({ title, token, account, onClose }: TokenDialogProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <TokenOnce token={token} account={account} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            I have copied it
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
