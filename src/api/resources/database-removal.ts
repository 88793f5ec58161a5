// What removing a database takes away, as the API shows it before and the audit log after it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { NamedAccounts, RemovalImpact } from '../../store/database-removal.js'

/** Names of each kind: for people to read. `GET /v1/databases/{name}/access` has all of them. */
export const MAX_NAMED_ACCOUNTS = 100

const NamedAccountsSchema = (description: string) =>
  Type.Object(
    {
      total: Type.Integer({ description: 'How many there are.' }),
      accounts: Type.Array(Type.String(), { description: `The first ${MAX_NAMED_ACCOUNTS}, by name.` }),
    },
    { description },
  )

export const RemovalImpactSchema = Type.Object(
  {
    left_without_database: NamedAccountsSchema(
      'Pinned service accounts that have no other database. They reach nothing afterwards, and cannot be edited.',
    ),
    losing_access: NamedAccountsSchema('All others who have a role on it, disabled accounts too.'),
    live_sessions: Type.Integer({ description: 'How many end, as instances last reported them.' }),
  },
  { title: 'RemovalImpact' },
)

export function showRemovalImpact({ stranded, others, sessions }: RemovalImpact): Static<typeof RemovalImpactSchema> {
  return { left_without_database: showNamed(stranded), losing_access: showNamed(others), live_sessions: sessions }
}

function showNamed({ names, total }: NamedAccounts): { total: number; accounts: string[] } {
  return { total, accounts: [...names] }
}
