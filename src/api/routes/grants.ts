// Grants of people on a database, given and taken by admins of the organization.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Executor } from '../../store/pool.js'
import { listGrantsOnDatabase, removeGrant, setGrant, type Grant } from '../../store/grants.js'
import { findAccount, findDatabase, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
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
      config: { permission: 'observer', problems: ['database_not_found'] },
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
      config: {
        permission: 'admin',
        audit: 'grant.set',
        problems: ['database_not_found', 'account_not_found', 'not_a_person'],
      },
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
    async request => {
      const { caller, params, body } = request
      const database = await findDatabase(store, caller, params.name)
      const account = await findAccount(store, caller, params.account, 'manage')
      if (account.kind !== 'personal') throw new Problem('not_a_person')
      const setting = change(store, request, async (tx, note) => {
        const before = await findGrant(tx, account.id, database.id)
        await setGrant(tx, { accountId: account.id, databaseId: database.id, role: body.role })
        const after = await findGrant(tx, account.id, database.id)
        note({ target: `${database.name} ${account.name}`, before, after })
        return after
      })
      const grant = await orNotFound('database_not_found', setting)
      if (!grant) throw new Problem('conflict')
      return grant
    },
  )

  app.delete(
    '/databases/:name/grants/:account',
    {
      config: {
        permission: 'admin',
        audit: 'grant.remove',
        problems: ['database_not_found', 'account_not_found', 'grant_not_found'],
      },
      schema: {
        operationId: 'removeGrant',
        tags: TAGS,
        summary: "Take a person's role on a database away",
        description: 'Ends the sessions that depended on it, those of service accounts that the person made too.',
        params: GrantParams,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { caller, params } = request
      const database = await findDatabase(store, caller, params.name)
      const account = await findAccount(store, caller, params.account, 'manage')
      const removal = change(store, request, async (tx, note) => {
        const before = await findGrant(tx, account.id, database.id)
        await removeGrant(tx, account.id, database.id)
        note({ target: `${database.name} ${account.name}`, before })
      })
      await orNotFound('grant_not_found', removal)
      return reply.code(204).send(null)
    },
  )
}

async function findGrant(db: Executor, accountId: string, databaseId: string) {
  const grants = await listGrantsOnDatabase(db, databaseId)
  const grant = grants.find(candidate => candidate.accountId === accountId)
  return grant ? showGrant(grant) : null
}

function showGrant({ account, database, role, createdAt }: Grant): Static<typeof GrantSchema> {
  return { account, database, role, created_at: toTime(createdAt) }
}
