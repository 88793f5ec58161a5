// The frame of a page: where one is, what it is, and what can be done here.

import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Fragment, type ReactNode } from 'react'
import { Link } from 'react-router'

interface PageFrameProps {
  readonly title: string
  /** One line of what this is for. */
  readonly description?: ReactNode
  /** The pages above, outermost first. */
  readonly above?: readonly { readonly label: string; readonly to: string }[]
  /** Small words beside the title. */
  readonly badges?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function PageFrame({ title, description, above = [], badges, actions, children }: PageFrameProps) {
  useDocumentTitle(`${title} · Postern`)
  return (
    <div className="page">
      {above.length > 0 && (
        <nav aria-label="Breadcrumb">
          <Group gap={6} mb={6}>
            {above.map(({ label, to }) => (
              <Fragment key={to}>
                <Anchor component={Link} to={to} size="sm" c="dimmed">
                  {label}
                </Anchor>
                <Text size="sm" c="dimmed" aria-hidden="true">
                  /
                </Text>
              </Fragment>
            ))}
          </Group>
        </nav>
      )}
      <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
        <Stack gap={4} style={{ minWidth: 0, flex: '1 1 280px' }}>
          <Group gap="sm">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {badges}
          </Group>
          {description && (
            <Text size="sm" c="dimmed" maw={640}>
              {description}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </div>
  )
}
