// What a service account may reach, in short.

import { Group, Text } from '@mantine/core'
import type { Resource } from '../api.js'
import { Badge, RoleBadge } from '../parts/badge.js'

const SHOWN = 3

export function Scope({ of: { scope } }: { of: Resource<'ServiceAccount'> }) {
  const names = scope.type === 'pinned' ? scope.databases : scope.groups
  const rest = names.length - SHOWN
  return (
    <Group gap={6}>
      {scope.type === 'pinned' ? <RoleBadge role={scope.role} /> : <Badge tone="accent">groups</Badge>}
      {scope.type === 'pinned' && names.length === 0 && (
        <Text size="sm" component="span">
          No databases: its databases were removed
        </Text>
      )}
      <Text size="sm" component="span" className="mono">
        {names.slice(0, SHOWN).join(', ')}
        {rest > 0 && ` and ${rest} more`}
      </Text>
    </Group>
  )
}
