// A service account, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Account } from '../../store/accounts.js'
import { listOf } from '../lists.js'
import {
  body,
  choice,
  DatabaseName,
  freeText,
  GroupName,
  nullable,
  NullableTime,
  RoleName,
  ServiceAccountName,
  Time,
  toNullableTime,
  toTime,
} from '../schema-types.js'

const NewPinnedScope = body(
  {
    type: Type.Literal('pinned', { description: 'pinned: one role on a fixed set of databases.' }),
    role: RoleName,
    databases: Type.Array(DatabaseName, {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description: 'Names of 1 to 100 databases that you reach, each once.',
    }),
  },
  {
    title: 'NewPinnedScope',
    description: 'It can not be changed later: its maker can only delete it and make another.',
  },
)

const GroupNames = Type.Array(GroupName, {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description: 'Names of 1 to 100 groups, each once.',
})

const NewGroupsScope = body(
  { type: Type.Literal('groups', { description: 'groups: what its groups give.' }), groups: GroupNames },
  { title: 'NewGroupsScope', description: 'Made and changed by admins of the organization.' },
)

const NewScope = Type.Union([NewPinnedScope, NewGroupsScope], { description: 'Its `type` is pinned or groups.' })

const NewAllowList = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description:
    'Networks that it may log in from, 1 to 100: 192.0.2.0/24, 2001:db8::/32, or an address alone. ' +
    'An IPv4-mapped IPv6 address counts as IPv4. null: from anywhere.',
})

// What is stored outlives the rules for requests: databases are removed, groups are joined one by one. A limit that a stored
// account breaks would fail every list that it is in, so the schemas of responses have none.
const PinnedScope = Type.Object(
  {
    type: Type.Literal('pinned'),
    role: RoleName,
    databases: Type.Array(Type.String(), {
      description: 'By name. Empty: all of its databases were removed. It reaches nothing, and cannot be edited.',
    }),
  },
  { title: 'PinnedScope' },
)
const GroupsScope = Type.Object(
  { type: Type.Literal('groups'), groups: Type.Array(Type.String(), { description: 'By name.' }) },
  { title: 'GroupsScope' },
)
const Scope = Type.Union([PinnedScope, GroupsScope], { description: 'Its `type` is pinned or groups.' })
const AllowList = Type.Array(Type.String(), {
  description: 'Networks that it may log in from. null: from anywhere.',
})

const Description = freeText(1000, 'What it is for, up to 1,000 characters.')

export const NewServiceAccountSchema = body(
  {
    name: ServiceAccountName,
    description: Type.Optional(Description),
    scope: NewScope,
    allow_from: Type.Optional(nullable(NewAllowList)),
  },
  { title: 'NewServiceAccount' },
)
export type NewServiceAccount = Static<typeof NewServiceAccountSchema>

export const ServiceAccountEditSchema = body(
  {
    description: Type.Optional(nullable(Description)),
    groups: Type.Optional(GroupNames),
    allow_from: Type.Optional(nullable(NewAllowList)),
  },
  { title: 'ServiceAccountEdit', description: 'What is left out stays. `groups` and `allow_from` are set as a whole.' },
)

export const ServiceAccountSchema = Type.Object(
  {
    name: Type.String({ description: 'The `user` of its connections.' }),
    email: Type.String({ description: 'Made up: no mail arrives there.' }),
    description: nullable(Type.String()),
    state: choice(['active', 'disabled', 'deleted']),
    scope: Scope,
    allow_from: nullable(AllowList),
    made_by: nullable(Type.String({ description: 'Of a pinned one: whose reach caps its own.' })),
    active_keys: Type.Integer(),
    last_used_at: NullableTime,
    created_at: Time,
    disabled_at: NullableTime,
  },
  { title: 'ServiceAccount' },
)

export const ServiceAccountListSchema = listOf(ServiceAccountSchema, 'ServiceAccountList')

export function showServiceAccount(account: Account): Static<typeof ServiceAccountSchema> {
  return {
    name: account.name,
    email: account.email,
    description: account.description,
    state: account.state,
    scope: showScope(account),
    allow_from: account.allowFrom && [...account.allowFrom],
    made_by: account.makerName,
    active_keys: account.activeKeys,
    last_used_at: toNullableTime(account.lastUsedAt),
    created_at: toTime(account.createdAt),
    disabled_at: toNullableTime(account.disabledAt),
  }
}

function showScope({ scope, pinnedRole, databases, groups }: Account): Static<typeof Scope> {
  if (scope === 'groups') return { type: 'groups', groups: [...groups] }
  return { type: 'pinned', role: pinnedRole ?? 'reader', databases: [...databases] }
}
