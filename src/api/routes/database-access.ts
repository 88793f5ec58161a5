// Who has which role on a database, and why: decided by the policy that decides at the proxy.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { explain } from '../../auth/policy.js'
import { listConnectedAccounts, type ConnectedAccount } from '../../store/database-access.js'
import { AccountRecords } from '../../store/account-records.js'
import { findAccount, findDatabase } from '../access.js'
import { listOf, searchQuery, toList, toPageRequest } from '../lists.js'
import { Because, showRule } from '../resources/reach.js'
import { AccountParams, choice, DatabaseParams, nullable, NullableRole } from '../schema-types.js'
import { Problem } from '../problem.js'
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

const AccessQuery = Type.Object(
  {
    ...searchQuery('the name').properties,
    kind: Type.Optional(choice(['personal', 'service'], { description: 'Only people, or only service accounts.' })),
    state: Type.Optional(choice(['active', 'disabled'], { description: 'Only accounts in this state.' })),
  },
  { additionalProperties: false },
)
const OneAccessParams = Type.Object({ ...DatabaseParams.properties, ...AccountParams.properties })

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
        querystring: AccessQuery,
        response: { 200: listOf(AccessSchema, 'AccessList') },
      },
    },
    async ({ caller, params, query }) => {
      const { id, name } = await findDatabase(store, caller, params.name)
      const { kind, state } = query
      const filter = { managedBy: caller.seesAll ? null : caller.account.id, kind, state }
      const page = await listConnectedAccounts(store, id, filter, toPageRequest(query))
      return toList(page, account => showAccess(account, name))
    },
  )

  app.get(
    '/databases/:name/access/:account',
    {
      config: { permission: 'person', problems: ['database_not_found', 'account_not_found'] },
      schema: {
        operationId: 'getAccess',
        tags: ['databases'],
        summary: 'Show which role one account has on a database, and why',
        description:
          'Of an account without one: `role` is null, and `reason` is not_granted when nothing gives it a role.',
        params: OneAccessParams,
        response: { 200: AccessSchema },
      },
    },
    async ({ caller, params }) => {
      const { name } = await findDatabase(store, caller, params.name)
      await findAccount(store, caller, params.account, 'see')
      const { value } = await new AccountRecords(store).loadAccount(params.account)
      if (!value) throw new Problem('account_not_found')
      return showAccess(value, name)
    },
  )
}

function showAccess(connected: ConnectedAccount, database: string): Static<typeof AccessSchema> {
  const { name: account, kind, state } = connected
  const decision = explain(connected, database)
  if (typeof decision === 'string') return { account, kind, state, role: null, reason: decision }
  return { account, kind, state, role: decision.role, because: showRule(decision.because), reason: null }
}
