// Where a person is signed in, as the API shows it to them.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { ConsoleSession } from '../../store/console-sessions.js'
import { listOf } from '../lists.js'
import { nullable, Time, toTime } from '../schema-types.js'

export const ConsoleSessionSchema = Type.Object(
  {
    id: Type.String(),
    current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
    address: nullable(Type.String({ description: 'Where they signed in.' })),
    user_agent: nullable(Type.String()),
    created_at: Time,
    last_seen_at: Type.Unsafe({ ...Time, description: 'To the minute.' }),
    expires_at: Type.Unsafe({ ...Time, description: 'The latest: it ends earlier when nothing is done.' }),
  },
  { title: 'ConsoleSession' },
)

export const ConsoleSessionListSchema = listOf(ConsoleSessionSchema, 'ConsoleSessionList')

export function showConsoleSession(
  session: ConsoleSession,
  currentId: string | null,
): Static<typeof ConsoleSessionSchema> {
  return {
    id: session.id,
    current: session.id === currentId,
    address: session.address,
    user_agent: session.userAgent,
    created_at: toTime(session.createdAt),
    last_seen_at: toTime(session.lastSeenAt),
    expires_at: toTime(session.expiresAt),
  }
}
