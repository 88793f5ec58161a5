// A token, shown this once: what was not copied is lost.

import { Group, Stack, Text } from '@mantine/core'
import { CopyButton } from './copy-button.js'
import { Notice } from './notice.js'

export function TokenOnce({ token, account }: { token: string; account: string }) {
  return (
    <Stack gap="sm">
      <Notice tone="warn">
        <Text size="sm" fw={600}>
          Copy the token now: it is shown this once.
        </Text>
        <Text size="sm">
          It is the password of {account}. Postern keeps no copy, so a lost one can only be replaced.
        </Text>
      </Notice>
      <pre className="code" aria-label="The token" data-testid="token">
        {token}
      </pre>
      <Group>
        <CopyButton text={token} what="the token" isLarge />
      </Group>
    </Stack>
  )
}
