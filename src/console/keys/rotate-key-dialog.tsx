// Replaces a key without a gap: a new one now, the old one works on for a while.

import { Select, Text } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../action.js'
import { api, type Resource } from '../api.js'
import { FormDialog } from '../parts/form-dialog.js'
import { TokenDialog } from './create-key-dialog.js'

const GRACES = [
  { value: '0', label: 'Not at all: revoked at once' },
  { value: '60', label: 'For an hour' },
  { value: '1440', label: 'For a day' },
  { value: '10080', label: 'For a week' },
]

export function RotateKeyDialog({ keyToRotate, onClose }: { keyToRotate: Resource<'Key'>; onClose: () => void }) {
  const { id, account, name } = keyToRotate
  const [grace, setGrace] = useState('1440')
  const [token, setToken] = useState<string | null>(null)
  const rotation = useAction(
    async (minutes: number, key) => {
      const { data } = await api.POST('/v1/keys/{id}/rotate', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { grace_minutes: minutes },
      })
      return data
    },
    { onDone: ({ token }) => setToken(token) },
  )
  if (token !== null)
    return <TokenDialog title="The new key is made" token={token} account={account} onClose={onClose} />
  return (
    <FormDialog
      title={`Rotate ${name ?? id}`}
      onClose={onClose}
      deed="Rotate key"
      action={rotation}
      onSubmit={() => rotation.run(Number(grace))}
    >
      <Text size="sm">
        A new key of the same name and lifetime takes its place. Put its token where the old one is used, before that
        one stops.
      </Text>
      <Select label="The old key works on" data={GRACES} value={grace} onChange={value => setGrace(value ?? '1440')} />
    </FormDialog>
  )
}
