// Makes a key, and shows its token this once.

import { Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../action.js'
import { FormDialog } from '../parts/form-dialog.js'
import { ShownOnce } from '../parts/shown-once.js'
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

export function TokenDialog({ title, token, account, onClose }: TokenDialogProps) {
  return (
    <ShownOnce title={title} size="lg" onClose={onClose}>
      <TokenOnce token={token} account={account} />
    </ShownOnce>
  )
}
