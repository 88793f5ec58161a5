// Groups: seen by those who see the organization, made and changed by its admins.

import { listDependents, listMembers, type GroupMember } from '../../store/group-members.js'
import { createGroup, deleteGroup, editGroup, getGroup, getGroupByName, listGroups } from '../../store/groups.js'
import type { Page } from '../../store/page.js'
import type { Transaction } from '../../store/transaction.js'
import { orNotFound } from '../access.js'
import { change, type Note } from '../audit-trail.js'
import { readForEdit } from '../etag.js'
import { create } from '../idempotency.js'
import { searchQuery, toList, toPageRequest } from '../lists.js'
import { noteMemberships } from '../note-memberships.js'
import { Problem } from '../problem.js'
import { GroupEditSchema, GroupListSchema, GroupSchema, NewGroupSchema, showGroup } from '../resources/group.js'
import { GroupParams, Nothing } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['groups']
/** Names that one answer lists at most. */
const MAX_NAMED = 20
/** Members that one statement reads. */
const MEMBERS_AT_ONCE = 1000

export function groupRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/groups',
    {
      config: { permission: 'observer', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listGroups',
        tags: TAGS,
        summary: 'List the groups',
        querystring: searchQuery('the name or the description'),
        response: { 200: GroupListSchema },
      },
    },
    async ({ query }) => toList(await listGroups(store, toPageRequest(query)), showGroup),
  )

  app.post(
    '/groups',
    {
      config: { permission: 'admin', audit: 'group.create', idempotent: true, problems: ['name_taken'] },
      schema: {
        operationId: 'createGroup',
        tags: TAGS,
        summary: 'Make a group',
        description: 'It has neither members nor grants yet.',
        body: NewGroupSchema,
        response: { 201: GroupSchema },
      },
    },
    async (request, reply) => {
      const { name, description = null, organization_admin: organizationAdmin = false } = request.body
      return create(store, { request, reply }, async (tx, note) => {
        const shown = showGroup(await createGroup(tx, { name, description, organizationAdmin }))
        note({ target: name, after: shown })
        return { location: `/v1/groups/${name}`, shown }
      })
    },
  )

  app.get(
    '/groups/:group',
    {
      config: { permission: 'observer', problems: ['group_not_found'], etag: true },
      schema: {
        operationId: 'getGroup',
        tags: TAGS,
        summary: 'Show a group',
        params: GroupParams,
        response: { 200: GroupSchema },
      },
    },
    async ({ params }) => showGroup(await orNotFound('group_not_found', getGroupByName(store, params.group))),
  )

  app.patch(
    '/groups/:group',
    {
      config: {
        permission: 'admin',
        audit: 'group.edit',
        problems: ['group_not_found', 'name_taken', 'conflict'],
        etag: true,
      },
      schema: {
        operationId: 'editGroup',
        tags: TAGS,
        summary: 'Change the name, the description or the permission of a group',
        params: GroupParams,
        body: GroupEditSchema,
        response: { 200: GroupSchema },
      },
    },
    async request => {
      const { id } = await orNotFound('group_not_found', getGroupByName(store, request.params.group))
      const edit = change(store, request, async (tx, note) => {
        const before = await readForEdit(tx, request, async () => showGroup(await getGroup(tx, id)))
        const { name, description, organization_admin: organizationAdmin } = { ...before, ...request.body }
        const after = showGroup(await editGroup(tx, id, { name, description, organizationAdmin }))
        note({ target: before.name, before, after })
        return after
      })
      return orNotFound('group_not_found', edit)
    },
  )

  app.delete(
    '/groups/:group',
    {
      config: { permission: 'admin', audit: 'group.delete', problems: ['group_not_found', 'needs_group'] },
      schema: {
        operationId: 'deleteGroup',
        tags: TAGS,
        summary: 'Delete a group',
        description:
          'Its members lose what it gave them, and the sessions that depended on it end. Refused when a service ' +
          'account is in no other group.',
        params: GroupParams,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id } = await orNotFound('group_not_found', getGroupByName(store, request.params.group))
      const deletion = change(store, request, async (tx, note) => {
        const dependents = await listDependents(tx, id, MAX_NAMED + 1)
        if (dependents.length > 0) throw leftWithoutGroup(dependents)
        const before = showGroup(await getGroup(tx, id))
        await noteMembers(tx, note, before.name, id)
        await deleteGroup(tx, id)
        note({ target: before.name, before })
      })
      await orNotFound('group_not_found', deletion)
      return reply.code(204).send(null)
    },
  )
}

/** Records the end of each membership of a group that is deleted. */
async function noteMembers(tx: Transaction, note: Note, group: string, id: string): Promise<void> {
  let cursor: string | null = null
  do {
    const page: Page<GroupMember> = await listMembers(tx, id, null, { limit: MEMBERS_AT_ONCE, cursor })
    for (const { name } of page.items) noteMemberships(note, name, { before: [group], after: [] })
    cursor = page.next
  } while (cursor !== null)
}

function leftWithoutGroup(names: readonly string[]): Problem {
  const more = names.length > MAX_NAMED ? ' and more' : ''
  return new Problem('needs_group', `In no other group: ${names.slice(0, MAX_NAMED).join(', ')}${more}.`)
}
