// The role of a pinned service account. What is not possible stays on the page, with the reason.

import { Radio, Stack } from '@mantine/core'
import type { Role } from '../parts/badge.js'
import { isAbove, ROLES, type Cap } from './cap.js'

const MEANINGS: Readonly<Record<Role, string>> = {
  reader: 'Reads all tables.',
  writer: 'Reads and changes the rows of all tables.',
  admin: 'Changes tables too, as the owner of the database.',
}

interface RoleChoiceProps {
  readonly value: Role
  readonly onChange: (role: Role) => void
  readonly cap: Cap | null
}

export function RoleChoice({ value, onChange, cap }: RoleChoiceProps) {
  return (
    <Radio.Group label="Role" value={value} onChange={role => onChange(role)}>
      <Stack gap={8} mt={6}>
        {ROLES.map(role => (
          <Radio
            key={role}
            value={role}
            label={role}
            disabled={isAbove(role, cap)}
            description={
              isAbove(role, cap) && cap ? `Not possible: you are ${cap.role} on ${cap.database}.` : MEANINGS[role]
            }
          />
        ))}
      </Stack>
    </Radio.Group>
  )
}
