// Service accounts: listed, made and shown. What happens to them later: service-account-state.ts.

import { Type } from 'typebox'
import { listAccounts } from '../../store/accounts.js'
import { findServiceAccount } from '../access.js'
import { createServiceAccount } from '../create-service-account.js'
import { searchQuery, toList, toPageRequest } from '../lists.js'
import {
  NewServiceAccountSchema,
  ServiceAccountListSchema,
  ServiceAccountSchema,
  showServiceAccount,
} from '../resources/service-account.js'
import { freeText, ServiceAccountParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['service accounts']
const ServiceAccountQuery = Type.Object(
  {
    ...searchQuery('the name or the description').properties,
    made_by: Type.Optional(freeText(254, 'Only pinned ones that the account of this name created.')),
  },
  { additionalProperties: false },
)

export function serviceAccountRoutes(app: Api, parts: ApiParts): void {
  const { store } = parts

  app.get(
    '/service-accounts',
    {
      config: { permission: 'person', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listServiceAccounts',
        tags: TAGS,
        summary: 'List the service accounts that you made, or as an admin or viewer all',
        querystring: ServiceAccountQuery,
        response: { 200: ServiceAccountListSchema },
      },
    },
    async ({ caller, query }) => {
      const filter = { makerId: caller.seesAll ? null : caller.account.id, makerName: query.made_by ?? null }
      return toList(await listAccounts(store, 'service', toPageRequest(query), filter), showServiceAccount)
    },
  )

  app.post(
    '/service-accounts',
    {
      config: {
        permission: 'member',
        audit: 'service-account.create',
        idempotent: true,
        problems: [
          'role_above_cap',
          'pinned_scope_needs_admin',
          'groups_scope_needs_admin',
          'group_not_found',
          'name_taken',
        ],
      },
      schema: {
        operationId: 'createServiceAccount',
        tags: TAGS,
        summary: 'Make a service account',
        description:
          'The role of a pinned one may not exceed the least role that you have over its databases, now and at every ' +
          'login. One in groups has what those give, and is made by admins.',
        body: NewServiceAccountSchema,
        response: { 201: ServiceAccountSchema },
      },
    },
    async (request, reply) => createServiceAccount(parts, { request, reply }, request.body),
  )

  app.get(
    '/service-accounts/:name',
    {
      config: { permission: 'person', problems: ['account_not_found'], etag: true },
      schema: {
        operationId: 'getServiceAccount',
        tags: TAGS,
        summary: 'Show a service account',
        params: ServiceAccountParams,
        response: { 200: ServiceAccountSchema },
      },
    },
    async ({ caller, params }) => showServiceAccount(await findServiceAccount(store, caller, params.name, 'see')),
  )
}
