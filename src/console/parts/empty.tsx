// Nothing here yet, and what to do about it.

import { Stack, Text, ThemeIcon } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.js'

interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  /** What these are, and how there come to be some. */
  readonly children: ReactNode
  readonly action?: ReactNode
}

export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <Stack align="center" gap={6} py={48} px="lg" ta="center">
      <ThemeIcon variant="default" size={44} radius="lg" mb={6}>
        <Icon name={icon} size={22} />
      </ThemeIcon>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" maw={440}>
        {children}
      </Text>
      {action && <div style={{ marginTop: 12 }}>{action}</div>}
    </Stack>
  )
}
