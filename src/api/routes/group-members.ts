// Who is in a group: people and service accounts, put in and taken out by admins.

import { Type } from 'typebox'
import { addMember, getMember, listMembers, removeMember } from '../../store/group-members.js'
import { getGroupByName } from '../../store/groups.js'
import { StoreError } from '../../store/store-error.js'
import { findAccount, orNotFound } from '../access.js'
import { change } from '../audit-trail.js'
import { searchQuery, toList, toPageRequest } from '../lists.js'
import { Problem } from '../problem.js'
import { GroupMemberListSchema, GroupMemberSchema, showMember } from '../resources/group.js'
import { AccountParams, choice, GroupParams, Nothing } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['groups']
const MemberParams = Type.Object({ ...GroupParams.properties, ...AccountParams.properties })
const MemberQuery = Type.Object(
  {
    ...searchQuery('the name').properties,
    kind: Type.Optional(choice(['personal', 'service'], { description: 'Only people, or only service accounts.' })),
  },
  { additionalProperties: false },
)

export function groupMemberRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/groups/:group/members',
    {
      config: { permission: 'observer', problems: ['group_not_found', 'bad_cursor'] },
      schema: {
        operationId: 'listGroupMembers',
        tags: TAGS,
        summary: 'List who is in a group',
        params: GroupParams,
        querystring: MemberQuery,
        response: { 200: GroupMemberListSchema },
      },
    },
    async ({ params, query }) => {
      const { id } = await orNotFound('group_not_found', getGroupByName(store, params.group))
      return toList(await listMembers(store, id, query.kind ?? null, toPageRequest(query)), showMember)
    },
  )

  app.put(
    '/groups/:group/members/:account',
    {
      config: {
        permission: 'admin',
        audit: 'group-member.add',
        problems: ['group_not_found', 'account_not_found', 'scope_immutable', 'conflict'],
      },
      schema: {
        operationId: 'addGroupMember',
        tags: TAGS,
        summary: 'Put an account into a group',
        description: 'A person, or a service account of the scope `groups`. Again changes nothing.',
        params: MemberParams,
        response: { 200: GroupMemberSchema },
      },
    },
    async request => {
      const { caller, params } = request
      const group = await orNotFound('group_not_found', getGroupByName(store, params.group))
      const account = await findAccount(store, caller, params.account, 'manage')
      if (account.scope === 'pinned') throw isPinned(account.name)
      return change(store, request, async (tx, note) => {
        await orNotFound('group_not_found', addMember(tx, group.id, account.id))
        const member = showMember(await getMember(tx, group.id, account.id))
        note({ target: `${group.name} ${account.name}`, after: member })
        return member
      })
    },
  )

  app.delete(
    '/groups/:group/members/:account',
    {
      config: {
        permission: 'admin',
        audit: 'group-member.remove',
        problems: ['group_not_found', 'account_not_found', 'member_not_found', 'needs_group'],
      },
      schema: {
        operationId: 'removeGroupMember',
        tags: TAGS,
        summary: 'Take an account out of a group',
        description:
          'Ends the sessions that depended on it, those of pinned service accounts that the member made too. Refused ' +
          'when it is the last group of a service account.',
        params: MemberParams,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { caller, params } = request
      const group = await orNotFound('group_not_found', getGroupByName(store, params.group))
      const account = await findAccount(store, caller, params.account, 'manage')
      const removal = change(store, request, async (tx, note) => {
        const before = showMember(await getMember(tx, group.id, account.id))
        await removeMember(tx, group.id, account.id)
        note({ target: `${group.name} ${account.name}`, before })
      })
      await orNotFound('member_not_found', orLastGroup(account.name, group.name, removal))
      return reply.code(204).send(null)
    },
  )
}

function isPinned(account: string): Problem {
  return new Problem(
    'scope_immutable',
    `${account} is pinned: it reaches what was chosen when it was made, and no more.`,
  )
}

async function orLastGroup(account: string, group: string, removal: Promise<void>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'needs_group') throw error
    throw new Problem('needs_group', `${account} is in no group but ${group}.`)
  }
}
