// An API key, as the API shows it: never with its token, but for the one answer that creates it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { ApiKey } from '../../store/keys.js'
import { listOf } from '../lists.js'
import { body, choice, freeText, nullable, NullableTime, Time, toNullableTime, toTime } from '../schema-types.js'

const NAME = freeText(100, 'What people call it, up to 100 characters.')
const DESCRIPTION = freeText(1000, 'What it is for, up to 1,000 characters.')

export const NewKeySchema = body(
  {
    name: Type.Optional(NAME),
    description: Type.Optional(DESCRIPTION),
    expires_in_days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3650,
        description: 'Days from now, 1 to 3650. Left out: it does not expire.',
      }),
    ),
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

export const KeySchema = Type.Object(
  {
    id: Type.String({ description: 'Public: the 12 characters after `pstn_` of its token.' }),
    account: Type.String(),
    name: nullable(Type.String()),
    description: nullable(Type.String()),
    state: choice(['active', 'expired', 'revoked'], { description: "The key's own: its account may be disabled." }),
    created_at: Time,
    expires_at: NullableTime,
    revoked_at: NullableTime,
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

export const RevokedKeysSchema = Type.Object(
  { revoked: Type.Array(Type.String(), { description: 'Ids of the keys that worked, or had expired, until now.' }) },
  { title: 'RevokedKeys' },
)

export function showKey(key: ApiKey, account: string): Static<typeof KeySchema> {
  return {
    id: key.id,
    account,
    name: key.name,
    description: key.description,
    state: key.revokedAt !== null ? 'revoked' : hasExpired(key) ? 'expired' : 'active',
    created_at: toTime(key.createdAt),
    expires_at: toNullableTime(key.expiresAt),
    revoked_at: toNullableTime(key.revokedAt),
  }
}

// For people to read: what a login is checked against is the store's clock.
function hasExpired(key: ApiKey): boolean {
  return key.expiresAt !== null && key.expiresAt <= Date.now()
}
