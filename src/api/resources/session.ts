// A live session, as the API shows it.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { LiveSession } from '../../store/live-sessions.js'
import { ListQuery, listOf } from '../lists.js'
import { choice, nullable, RoleName, Time, toTime } from '../schema-types.js'

export const SessionQuery = Type.Object(
  {
    ...ListQuery.properties,
    account: Type.Optional(Type.String({ maxLength: 254, description: 'Only sessions of the account of this name.' })),
    database: Type.Optional(Type.String({ maxLength: 127, description: 'Only sessions on this database.' })),
    instance: Type.Optional(Type.String({ maxLength: 36, description: 'Only sessions on the instance of this id.' })),
  },
  { additionalProperties: false },
)

export const SessionParams = Type.Object({
  id: Type.String({
    minLength: 1,
    maxLength: 64,
    description: "The session's id: the reference that the log has too.",
  }),
})

export const SessionSchema = Type.Object(
  {
    id: Type.String({ description: 'The reference that the log has too.' }),
    account: Type.String(),
    key: Type.String({ description: 'Id of the key that it was opened with.' }),
    database: Type.String(),
    role: RoleName,
    login: Type.String({ description: 'The LOGIN role that it is in the database.' }),
    address: Type.String({ description: 'Of the client.' }),
    application: nullable(Type.String({ description: 'What the client calls itself.' })),
    opened_at: Time,
    age_seconds: Type.Number(),
    state: choice(['idle', 'busy'], {
      description: 'idle: it waits for a query, outside any transaction. busy: also while it logs in.',
    }),
    bytes_from_client: Type.Integer(),
    bytes_from_database: Type.Integer(),
    instance: Type.String({ description: 'Id of the instance that it is on.' }),
    host: Type.String({ description: 'Where that instance runs.' }),
    seen_at: Type.String({ format: 'date-time', description: 'When that instance last told of its sessions.' }),
  },
  { title: 'Session' },
)

export const SessionListSchema = listOf(SessionSchema, 'SessionList')

export const EndedSessionSchema = Type.Object(
  {
    session: SessionSchema,
    seq: Type.Integer({ description: 'The change that ends it: GET /v1/instances?seq= tells where that is in force.' }),
    next: Type.String({ description: 'What happens now.' }),
  },
  { title: 'EndedSession' },
)

export function showSession(session: LiveSession): Static<typeof SessionSchema> {
  const { id, account, keyId, database, role, login, address, application, state } = session
  return {
    id,
    account,
    key: keyId,
    database,
    role,
    login,
    address,
    application,
    opened_at: toTime(session.openedAt),
    age_seconds: Math.max(0, session.ageMs) / 1000,
    state,
    bytes_from_client: session.bytesFromClient,
    bytes_from_database: session.bytesFromUpstream,
    instance: session.instanceId,
    host: session.host,
    seen_at: toTime(session.seenAt),
  }
}
