// Who has which role on a database, and why: decided by the policy that decides at the proxy.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { explain } from '../../auth/policy.js'
import { listConnectedAccounts, type ConnectedAccount } from '../../store/database-access.js'
import { findDatabase } from '../access.js'
import { ListQuery, listOf, toList, toPageRequest } from '../lists.js'
import { Because, showRule } from '../resources/reach.js'
import { choice, DatabaseParams, nullable, NullableRole } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const AccessSchema = Type.Object(
  {
    account: Type.String(),
    kind: choice(['personal', 'service']),
    state: choice(['active', 'disabled', 'deleted'], { description: 'The account logs in only while it is active.' }),
    role: NullableRole,
    because: Type.Optional(Because),
    reason: nullable(
      choice(['not_granted', 'maker_inactive', 'maker_lost_it'], {
        description: 'Of a pinned account without a role: what became of its maker, or of the role of its maker.',
      }),
    ),
  },
  { title: 'Access', description: '`role` is null for a pinned account that has lost what was chosen for it.' },
)

export function databaseAccessRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/databases/:name/access',
    {
      config: { permission: 'person', problems: ['database_not_found', 'bad_cursor'] },
      schema: {
        operationId: 'listAccess',
        tags: ['databases'],
        summary: 'List who has which role on a database, and why',
        description: 'People and service accounts, by name. Members see themselves and the service accounts they made.',
        params: DatabaseParams,
        querystring: ListQuery,
        response: { 200: listOf(AccessSchema, 'AccessList') },
      },
    },
    async ({ caller, params, query }) => {
      const { id, name } = await findDatabase(store, caller, params.name)
      const managedBy = caller.seesAll ? null : caller.account.id
      const page = await listConnectedAccounts(store, id, managedBy, toPageRequest(query))
      return toList(page, account => showAccess(account, name))
    },
  )
}

function showAccess(connected: ConnectedAccount, database: string): Static<typeof AccessSchema> {
  const { name: account, kind, state } = connected
  const decision = explain(connected, database)
  if (typeof decision === 'string') return { account, kind, state, role: null, reason: decision }
  return { account, kind, state, role: decision.role, because: showRule(decision.because), reason: null }
}
