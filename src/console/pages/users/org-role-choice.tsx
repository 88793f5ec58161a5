// What a person may do in the organization.

import { Select } from '@mantine/core'
import type { User } from '../../people.js'

export type OrgRole = User['org_role']

export const ORG_ROLES: readonly { value: OrgRole; label: string; meaning: string }[] = [
  { value: 'member', label: 'Member', meaning: 'Makes keys, and service accounts over the databases they reach.' },
  { value: 'admin', label: 'Admin', meaning: 'May do everything.' },
  { value: 'viewer', label: 'Viewer', meaning: 'Sees everything, and changes nothing but their own keys.' },
]

interface OrgRoleChoiceProps {
  readonly value: OrgRole
  readonly onChange: (role: OrgRole) => void
}

export function OrgRoleChoice({ value, onChange }: OrgRoleChoiceProps) {
  return (
    <Select
      label="Role in the organization"
      description={ORG_ROLES.find(role => role.value === value)?.meaning}
      inputWrapperOrder={['label', 'input', 'description']}
      data={ORG_ROLES.map(({ value, label }) => ({ value, label }))}
      value={value}
      onChange={role => onChange(role ?? value)}
    />
  )
}
