// An API key, as the API shows it: never with its token, but for the one answer that creates it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { ApiKey, KeyState, KeyUse } from '../../store/api-key.js'
import { listOf, ListQuery } from '../lists.js'
import { body, choice, freeText, nullable, NullableTime, Time, toNullableTime, toTime } from '../schema-types.js'

const NAME = freeText(100, 'What people call it, up to 100 characters.')
const DESCRIPTION = freeText(1000, 'What it is for, up to 1,000 characters.')

const days = (otherwise: string) =>
  Type.Integer({ minimum: 1, maximum: 3650, description: `Days from now, 1 to 3650. ${otherwise}` })

export const NewKeySchema = body(
  {
    name: Type.Optional(NAME),
    description: Type.Optional(DESCRIPTION),
    expires_in_days: Type.Optional(days('Left out: it does not expire.')),
  },
  { title: 'NewKey' },
)

export const KeyEditSchema = body(
  {
    name: Type.Optional(nullable(NAME)),
    description: Type.Optional(nullable(DESCRIPTION)),
  },
  { title: 'KeyEdit', description: 'What is left out stays as it is.' },
)

export const KeyRotationSchema = body(
  {
    grace_minutes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 43_200,
        description:
          'How long the old key goes on working: 0 (revoked at once) to 43200 (30 days), and never longer than it would have. ' +
          'Default 1440.',
      }),
    ),
    expires_in_days: Type.Optional(days('Left out: as long as the old key was made for.')),
    name: Type.Optional(NAME),
  },
  { title: 'KeyRotation' },
)

const KEY_STATES: readonly KeyState[] = ['active', 'expired', 'revoked']

export const KeyListQuery = Type.Object(
  {
    ...ListQuery.properties,
    state: Type.Optional(choice(KEY_STATES, { description: 'Only keys in this state.' })),
  },
  { additionalProperties: false },
)

const LastUse = Type.Object(
  {
    at: Time,
    address: nullable(Type.String()),
    application: nullable(Type.String({ description: 'What the client called itself.' })),
    database: nullable(Type.String({ description: 'null: the API.' })),
  },
  { description: 'Known to about a minute; null: never used.' },
)

export const KeySchema = Type.Object(
  {
    id: Type.String({ description: 'Public: the 12 characters after `pstn_` of its token.' }),
    account: Type.String(),
    name: nullable(Type.String()),
    description: nullable(Type.String()),
    state: choice(KEY_STATES, { description: "The key's own: its account may be disabled." }),
    created_at: Time,
    created_by: nullable(Type.String({ description: 'Name of the account that made it; null: not known.' })),
    expires_at: NullableTime,
    revoked_at: NullableTime,
    successor: nullable(Type.String({ description: 'Id of the key that took its place.' })),
    last_used: nullable(LastUse),
  },
  { title: 'Key' },
)

export const KeyListSchema = listOf(KeySchema, 'KeyList')

export const CreatedKeySchema = Type.Object(
  {
    key: KeySchema,
    token: Type.String({ description: 'The secret: the password of connections. It is shown this once.' }),
  },
  { title: 'CreatedKey' },
)

export const RotatedKeySchema = Type.Object(
  {
    key: KeySchema,
    token: Type.String({ description: "The new key's secret: the password of connections. It is shown this once." }),
    replaced: KeySchema,
  },
  { title: 'RotatedKey' },
)

export const RevokedKeysSchema = Type.Object(
  {
    active: Type.Integer({ description: 'How many keys were active until now.' }),
    revoked: Type.Array(Type.String(), { description: 'Ids of the keys that were active until now.' }),
  },
  { title: 'RevokedKeys' },
)

export function showKey(key: ApiKey, account: string): Static<typeof KeySchema> {
  return {
    id: key.id,
    account,
    name: key.name,
    description: key.description,
    state: key.state,
    created_at: toTime(key.createdAt),
    created_by: key.createdBy,
    expires_at: toNullableTime(key.expiresAt),
    revoked_at: toNullableTime(key.revokedAt),
    successor: key.successorId,
    last_used: key.lastUse && showUse(key.lastUse),
  }
}

function showUse({ at, ...use }: KeyUse): Static<typeof LastUse> {
  return { at: toTime(at), ...use }
}
