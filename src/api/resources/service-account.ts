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
  nullable,
  NullableTime,
  RoleName,
  ServiceAccountName,
  Time,
  toNullableTime,
  toTime,
} from '../schema-types.js'

const PinnedScope = body(
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
  { title: 'PinnedScope', description: 'It can not be changed later: its maker can only delete it and make another.' },
)

export const NewServiceAccountSchema = body(
  {
    name: ServiceAccountName,
    description: Type.Optional(freeText(1000, 'What it is for, up to 1,000 characters.')),
    scope: PinnedScope,
  },
  { title: 'NewServiceAccount' },
)

export const ServiceAccountSchema = Type.Object(
  {
    name: Type.String({ description: 'The `user` of its connections.' }),
    email: Type.String({ description: 'Made up: no mail arrives there.' }),
    description: nullable(Type.String()),
    state: choice(['active', 'disabled', 'deleted']),
    scope: PinnedScope,
    made_by: nullable(Type.String({ description: 'Whose reach caps its own.' })),
    active_keys: Type.Integer(),
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
    scope: { type: 'pinned', role: account.pinnedRole ?? 'reader', databases: [...account.databases] },
    made_by: account.makerName,
    active_keys: account.activeKeys,
    created_at: toTime(account.createdAt),
    disabled_at: toNullableTime(account.disabledAt),
  }
}
