// A group, its members and its grants, as the API shows them.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { GroupGrant } from '../../store/group-grants.js'
import type { GroupMember } from '../../store/group-members.js'
import type { Group } from '../../store/groups.js'
import { listOf } from '../lists.js'
import { body, choice, freeText, GroupName, nullable, RoleName, Time, toTime } from '../schema-types.js'

const Description = freeText(1000, 'What it is for, up to 1,000 characters.')
const OrganizationAdmin = Type.Boolean({
  description: 'Whether its members administer the organization; people who are viewers stay viewers.',
})

export const NewGroupSchema = body(
  {
    name: GroupName,
    description: Type.Optional(Description),
    organization_admin: Type.Optional(OrganizationAdmin),
  },
  { title: 'NewGroup' },
)

export const GroupEditSchema = body(
  {
    name: Type.Optional(GroupName),
    description: Type.Optional(nullable(Description)),
    organization_admin: Type.Optional(OrganizationAdmin),
  },
  { title: 'GroupEdit', description: 'What is left out stays.' },
)

export const GroupSchema = Type.Object(
  {
    name: Type.String(),
    description: nullable(Type.String()),
    organization_admin: OrganizationAdmin,
    members: Type.Integer({ description: 'How many there are.' }),
    grants: Type.Integer({ description: 'How many there are.' }),
    created_at: Time,
  },
  { title: 'Group' },
)
export const GroupListSchema = listOf(GroupSchema, 'GroupList')

export const GroupMemberSchema = Type.Object(
  {
    account: Type.String(),
    kind: choice(['personal', 'service']),
    state: choice(['active', 'disabled', 'deleted']),
    since: Time,
  },
  { title: 'GroupMember' },
)
export const GroupMemberListSchema = listOf(GroupMemberSchema, 'GroupMemberList')

export const GroupGrantSchema = Type.Object(
  { group: Type.String(), database: Type.String(), role: RoleName, created_at: Time },
  { title: 'GroupGrant' },
)
export const GroupGrantListSchema = listOf(GroupGrantSchema, 'GroupGrantList')

export function showGroup(group: Group): Static<typeof GroupSchema> {
  const { name, description, organizationAdmin, members, grants, createdAt } = group
  return { name, description, organization_admin: organizationAdmin, members, grants, created_at: toTime(createdAt) }
}

export function showMember({ name, kind, state, since }: GroupMember): Static<typeof GroupMemberSchema> {
  return { account: name, kind, state, since: toTime(since) }
}

export function showGroupGrant(grant: GroupGrant, group: string): Static<typeof GroupGrantSchema> {
  const { database, role, createdAt } = grant
  return { group, database, role, created_at: toTime(createdAt) }
}
