// What a group gives its members: roles on databases, given and taken by admins.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import { findGroupGrant, listGroupGrants, removeGroupGrant, setGroupGrant } from '../../store/group-grants.js'
import { getGroupByName } from '../../store/groups.js'
import { findDatabase, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import type { Caller } from '../authorize.js'
import { searchQuery, toList, toPageRequest } from '../lists.js'
import { Problem } from '../problem.js'
import { GroupGrantListSchema, GroupGrantSchema, showGroupGrant } from '../resources/group.js'
import { body, GroupParams, Nothing, RoleName } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['groups']
const NewGroupGrantSchema = body({ role: RoleName }, { title: 'NewGroupGrant' })
const GroupGrantParams = Type.Object({
  ...GroupParams.properties,
  database: Type.String({
    minLength: 1,
    maxLength: 254,
    description: "The database's name, percent-encoded: owner%2Fshop.",
  }),
})

export function groupGrantRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/groups/:group/grants',
    {
      config: { permission: 'observer', problems: ['group_not_found', 'bad_cursor'] },
      schema: {
        operationId: 'listGroupGrants',
        tags: TAGS,
        summary: 'List what a group gives its members',
        params: GroupParams,
        querystring: searchQuery("the database's name"),
        response: { 200: GroupGrantListSchema },
      },
    },
    async ({ params, query }) => {
      const { id, name } = await orNotFound('group_not_found', getGroupByName(store, params.group))
      return toList(await listGroupGrants(store, id, toPageRequest(query)), grant => showGroupGrant(grant, name))
    },
  )

  app.put(
    '/groups/:group/grants/:database',
    {
      config: {
        permission: 'admin',
        audit: 'group-grant.set',
        problems: ['group_not_found', 'database_not_found', 'conflict'],
      },
      schema: {
        operationId: 'setGroupGrant',
        tags: TAGS,
        summary: 'Give a group a role on a database',
        description:
          'In place of the one it had there. A lesser role ends the sessions that depended on the greater one.',
        params: GroupGrantParams,
        body: NewGroupGrantSchema,
        response: { 200: GroupGrantSchema },
      },
    },
    async request => {
      const { group, database } = await findBoth(request)
      return change(store, request, async (tx, note) => {
        const before = await findGroupGrant(tx, group.id, database.id)
        const { role } = request.body
        const setting = setGroupGrant(tx, { groupId: group.id, databaseId: database.id, role })
        await orNotFound('group_not_found', setting)
        const after = await findGroupGrant(tx, group.id, database.id)
        if (!after) throw new Problem('conflict')
        const shown = showGroupGrant(after, group.name)
        note({
          target: `${group.name} ${database.name}`,
          before: before && showGroupGrant(before, group.name),
          after: shown,
        })
        return shown
      })
    },
  )

  app.delete(
    '/groups/:group/grants/:database',
    {
      config: {
        permission: 'admin',
        audit: 'group-grant.remove',
        problems: ['group_not_found', 'database_not_found', 'grant_not_found'],
      },
      schema: {
        operationId: 'removeGroupGrant',
        tags: TAGS,
        summary: "Take a group's role on a database away",
        description: 'Ends the sessions that depended on it.',
        params: GroupGrantParams,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { group, database } = await findBoth(request)
      const removal = change(store, request, async (tx, note) => {
        const before = await findGroupGrant(tx, group.id, database.id)
        await removeGroupGrant(tx, group.id, database.id)
        note({ target: `${group.name} ${database.name}`, before: before && showGroupGrant(before, group.name) })
      })
      await orNotFound('grant_not_found', removal)
      return reply.code(204).send(null)
    },
  )

  async function findBoth({ caller, params }: { caller: Caller; params: Static<typeof GroupGrantParams> }) {
    const group = await orNotFound('group_not_found', getGroupByName(store, params.group))
    return { group, database: await findDatabase(store, caller, params.database) }
  }
}
