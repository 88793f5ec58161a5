// Grants of people on a database, given and taken by admins of the organization.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { listGrantsOnDatabase, removeGrant, setGrant, type Grant } from '../../store/grants.js'
import { findAccount, findDatabase, orNotFound } from '../access.js'
import { listOf } from '../lists.js'
import { Problem } from '../problem.js'
import { AccountParams, body, DatabaseParams, Nothing, RoleName, Time, toTime } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['grants']
const NewGrantSchema = body({ role: RoleName }, { title: 'NewGrant' })
const GrantSchema = Type.Object(
  { account: Type.String(), database: Type.String(), role: RoleName, created_at: Time },
  { title: 'Grant' },
)
const GrantParams = Type.Object({ ...DatabaseParams.properties, ...AccountParams.properties })

export function grantRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/databases/:name/grants',
    {
      config: { permission: 'admin', problems: ['database_not_found'] },
      schema: {
        operationId: 'listGrants',
        tags: TAGS,
        summary: 'List who has which role on a database',
        description: 'All in one page: people with a grant of their own.',
        params: DatabaseParams,
        response: { 200: listOf(GrantSchema, 'GrantList') },
      },
    },
    async ({ caller, params }) => {
      const { id } = await findDatabase(store, caller, params.name)
      return { items: (await listGrantsOnDatabase(store, id)).map(showGrant), next_cursor: null }
    },
  )

  app.put(
    '/databases/:name/grants/:account',
    {
      config: { permission: 'admin', problems: ['database_not_found', 'account_not_found', 'not_a_person'] },
      schema: {
        operationId: 'setGrant',
        tags: TAGS,
        summary: 'Give a person a role on a database',
        description: 'In place of the one they had there. A lesser role ends sessions with the greater one.',
        params: GrantParams,
        body: NewGrantSchema,
        response: { 200: GrantSchema },
      },
    },
    async ({ caller, params, body }) => {
      const database = await findDatabase(store, caller, params.name)
      const account = await findAccount(store, caller, params.account)
      if (account.kind !== 'personal') throw new Problem('not_a_person')
      await orNotFound(
        'database_not_found',
        setGrant(store, { accountId: account.id, databaseId: database.id, role: body.role }),
      )
      const grants = await listGrantsOnDatabase(store, database.id)
      const grant = grants.find(({ accountId }) => accountId === account.id)
      if (!grant) throw new Problem('conflict')
      return showGrant(grant)
    },
  )

  app.delete(
    '/databases/:name/grants/:account',
    {
      config: { permission: 'admin', problems: ['database_not_found', 'account_not_found', 'grant_not_found'] },
      schema: {
        operationId: 'removeGrant',
        tags: TAGS,
        summary: "Take a person's role on a database away",
        description: 'Ends the sessions that depended on it, those of service accounts that the person made too.',
        params: GrantParams,
        response: { 204: Nothing },
      },
    },
    async ({ caller, params }, reply) => {
      const database = await findDatabase(store, caller, params.name)
      const account = await findAccount(store, caller, params.account)
      await orNotFound('grant_not_found', removeGrant(store, account.id, database.id))
      return reply.code(204).send(null)
    },
  )
}

function showGrant({ account, database, role, createdAt }: Grant): Static<typeof GrantSchema> {
  return { account, database, role, created_at: toTime(createdAt) }
}
