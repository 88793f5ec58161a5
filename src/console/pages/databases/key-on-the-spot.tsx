// A key made where it is needed: its token goes into the strings below, this once.

import { Button, Group, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '../../action.js'
import { createKey } from '../../keys/create-key.js'
import { ExpiryChoice } from '../../keys/expiry-choice.js'
import { CopyButton } from '../../parts/copy-button.js'
import { Icon } from '../../parts/icon.js'
import { Notice } from '../../parts/notice.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { useMe, useRights } from '../../session.js'

interface KeyOnTheSpotProps {
  /** Named in the form: the key is made for it, as it is when the button is pressed. */
  readonly account: string
  readonly token: string | null
  readonly onMade: (token: string) => void
}

export function KeyOnTheSpot({ account, token, onMade }: KeyOnTheSpotProps) {
  const [name, setName] = useState('')
  const [expiresInDays, setExpiresInDays] = useState('90')
  const { account: me } = useMe()
  const { mayMake } = useRights()
  const creation = useAction(createKey, { onDone: ({ token }) => onMade(token) })
  if (token !== null) {
    return (
      <Notice tone="good" role="status">
        <Group justify="space-between" gap="sm">
          <div style={{ flex: '1 1 240px' }}>
            <Text size="sm" fw={600}>
              The key of {account} is made, and its token is in the strings below.
            </Text>
            <Text size="sm">It is shown this once: copy what you need before you leave this page.</Text>
          </div>
          <CopyButton text={token} what="the token" isLarge />
        </Group>
      </Notice>
    )
  }
  if (!mayMake && account !== me.name) {
    return (
      <Text size="sm" c="dimmed">
        Viewers cannot create keys of service accounts. In the strings below, put the token of a key of {account} in
        place of <span className="mono">&lt;token&gt;</span>.
      </Text>
    )
  }
  return (
    <form
      aria-label={`New key of ${account}`}
      onSubmit={event => {
        event.preventDefault()
        creation.run({ account, name, expiresInDays })
      }}
    >
      <Group align="flex-end" gap="sm">
        <TextInput
          style={{ flex: '2 1 180px' }}
          label={`A new key of ${account}`}
          description="Name it for where it is used."
          placeholder="laptop, ci, dashboard …"
          maxLength={100}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <div style={{ flex: '1 1 140px' }}>
          <ExpiryChoice value={expiresInDays} onChange={setExpiresInDays} />
        </div>
        <Button type="submit" loading={creation.isPending} leftSection={<Icon name="key" size={16} />}>
          Create key
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={8}>
        The strings below hold <span className="mono">&lt;token&gt;</span> until then. With a key that you have, put its
        token there.
      </Text>
      {creation.error && (
        <div style={{ marginTop: 12 }}>
          <ProblemNotice error={creation.error} />
        </div>
      )}
    </form>
  )
}
