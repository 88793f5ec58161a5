// The mark: a small gate.

import { Group, Text } from '@mantine/core'
import icon from '../icon.svg'

export function Logo({ size = 26 }: { size?: number }) {
  return (
    <Group gap={10} wrap="nowrap">
      <img src={icon} width={size} height={size} alt="" />
      <Text fw={650} size="md" component="span" style={{ letterSpacing: '-0.01em' }}>
        Postern
      </Text>
    </Group>
  )
}
