// What an account reaches, and why, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Reach, Rule } from '../../auth/policy.js'
import { choice, RoleName } from '../schema-types.js'

export const Because = Type.Object(
  {
    rule: choice(['direct', 'group', 'pinned', 'capped-by-maker'], {
      description:
        'direct: a grant of its own. group: through a group. pinned: chosen when it was made. ' +
        'capped-by-maker: its maker has less than that by now.',
    }),
    group: Type.Optional(Type.String({ description: 'Of group: which one.' })),
    maker: Type.Optional(Type.String({ description: 'Of capped-by-maker: whose role holds.' })),
    pinned: Type.Optional(Type.Unsafe({ ...RoleName, description: 'Of capped-by-maker: the role that was chosen.' })),
  },
  { title: 'Because' },
)

export const ReachSchema = Type.Object(
  { database: Type.String(), role: RoleName, because: Because },
  { title: 'Reach' },
)

export function showReach({ database, role, because }: Reach): Static<typeof ReachSchema> {
  return { database, role, because: showRule(because) }
}

export function showRule(rule: Rule): Static<typeof Because> {
  return rule
}
