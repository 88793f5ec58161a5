// The caller's own account, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Account } from '../../store/accounts.js'
import { choice, nullable } from '../schema-types.js'

export const MeAccountSchema = Type.Object({
  name: Type.String(),
  email: Type.String(),
  kind: choice(['personal', 'service']),
  org_role: nullable(choice(['admin', 'member', 'viewer'], { description: 'null: a service account.' })),
  administers: Type.Boolean({ description: 'Whether you are an admin, by your role or through a group.' }),
  groups: Type.Array(Type.String(), { description: 'Names of the groups that you are in.' }),
})

export function showMeAccount({
  name,
  email,
  kind,
  orgRole,
  isAdmin,
  groups,
}: Account): Static<typeof MeAccountSchema> {
  return { name, email, kind, org_role: orgRole, administers: isAdmin, groups: [...groups] }
}
