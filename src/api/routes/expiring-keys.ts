// The keys of all accounts that will expire soon: they need a successor before a program stands still.

import { Type } from 'typebox'
import { listExpiringKeys } from '../../store/expiring-keys.js'
import { ListQuery, toList, toPageRequest } from '../lists.js'
import { KeyListSchema, showKey } from '../resources/key.js'
import type { Api, ApiParts } from '../server.js'

const DEFAULT_DAYS = 14

const ExpiringQuery = Type.Object(
  {
    ...ListQuery.properties,
    within_days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 365, description: `Days from now, 1 to 365. Default ${DEFAULT_DAYS}.` }),
    ),
  },
  { additionalProperties: false },
)

export function expiringKeyRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/expiring-keys',
    {
      config: { permission: 'person', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listExpiringKeys',
        tags: ['keys'],
        summary: 'List the keys that expire soon',
        description:
          'Active keys, the first to expire first. Admins and viewers see those of all accounts; others see their own and ' +
          'those of the service accounts that they made.',
        querystring: ExpiringQuery,
        response: { 200: KeyListSchema },
      },
    },
    async ({ caller, query: { within_days: withinDays = DEFAULT_DAYS, ...page } }) => {
      const managedBy = caller.seesAll ? undefined : caller.account.id
      const keys = await listExpiringKeys(store, { managedBy, withinDays }, toPageRequest(page))
      return toList(keys, key => showKey(key, key.account))
    },
  )
}
