// Service accounts: made by members over databases that they reach, and never edited.

import type { Role } from '../../auth/account.js'
import { capFor, compareRoles } from '../../auth/policy.js'
import { createPinnedAccount } from '../../store/account-lifecycle.js'
import { listAccounts, type Account } from '../../store/accounts.js'
import { toPage, type Page, type PageRequest } from '../../store/page.js'
import type { Executor } from '../../store/pool.js'
import { findServiceAccount, mayManage } from '../access.js'
import { change } from '../audit-trail.js'
import type { Caller } from '../authorize.js'
import { ListQuery, toList, toPageRequest } from '../lists.js'
import { Problem } from '../problem.js'
import {
  NewServiceAccountSchema,
  ServiceAccountListSchema,
  ServiceAccountSchema,
  showServiceAccount,
} from '../resources/service-account.js'
import { ServiceAccountParams } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['service accounts']

export function serviceAccountRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/service-accounts',
    {
      config: { permission: 'person', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listServiceAccounts',
        tags: TAGS,
        summary: 'List the service accounts that you manage',
        querystring: ListQuery,
        response: { 200: ServiceAccountListSchema },
      },
    },
    async ({ caller, query }) => toList(await listManaged(store, caller, toPageRequest(query)), showServiceAccount),
  )

  app.post(
    '/service-accounts',
    {
      config: {
        permission: 'member',
        audit: 'service-account.create',
        problems: ['role_above_cap', 'name_taken', 'conflict'],
      },
      schema: {
        operationId: 'createServiceAccount',
        tags: TAGS,
        summary: 'Make a service account',
        description: 'Its role may not exceed the least role that you have over its databases, now and at every login.',
        body: NewServiceAccountSchema,
        response: { 201: ServiceAccountSchema },
      },
    },
    async (request, reply) => {
      const { caller, body } = request
      const { name, description = null, scope } = body
      const databaseIds = withinCap(caller, scope)
      const pinned = { name, description, role: scope.role, databaseIds, makerId: caller.account.id }
      const account = await change(store, request, async (tx, note) => {
        const made = showServiceAccount(await createPinnedAccount(tx, pinned))
        note({ target: name, after: made })
        return made
      })
      reply.code(201).header('location', `/v1/service-accounts/${name}`)
      return account
    },
  )

  app.get(
    '/service-accounts/:name',
    {
      config: { permission: 'person', problems: ['account_not_found'] },
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

/** Returns the ids of the databases of a scope that is within the caller's own reach.
 * @throws Problem `role_above_cap`: for a database that does not exist as for one that is out of reach */
function withinCap(caller: Caller, scope: { role: Role; databases: string[] }): string[] {
  const cap = capFor(caller.record, scope.databases)
  if (cap.role === null || compareRoles(scope.role, cap.role) > 0) {
    const facts = { cap: cap.role, database: cap.database }
    const detail = cap.role === null ? `You can not use ${cap.database}` : `You are ${cap.role} on ${cap.database}`
    throw new Problem('role_above_cap', `${detail}, so the account can not be ${scope.role} there.`, { facts })
  }
  return caller.reach.filter(({ database }) => scope.databases.includes(database)).map(({ databaseId }) => databaseId)
}

// The store lists all machines: a member's own are picked from its pages, so the cursor stays the store's.
const SCAN_PAGE = 500

async function listManaged(db: Executor, caller: Caller, request: PageRequest): Promise<Page<Account>> {
  if (caller.seesAll) return listAccounts(db, 'service', request)
  const found: Account[] = []
  let cursor = request.cursor ?? null
  do {
    const page = await listAccounts(db, 'service', { limit: SCAN_PAGE, cursor })
    found.push(...page.items.filter(account => mayManage(caller, account)))
    cursor = page.next
  } while (cursor !== null && found.length <= request.limit)
  return toPage(found, request.limit, account => [account.name, account.id])
}
