// A part of a page with a heading of its own.

import { Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

interface SectionProps {
  readonly title: string
  readonly description?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Section({ title, description, actions, children }: SectionProps) {
  return (
    <section aria-label={title} style={{ marginBottom: 32 }}>
      <Group justify="space-between" align="flex-end" mb="sm" gap="sm">
        <div style={{ flex: '1 1 240px', minWidth: 0 }}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {description && (
            <Text size="sm" c="dimmed">
              {description}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </section>
  )
}
