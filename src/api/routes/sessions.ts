// Live sessions of all instances: listed, shown, and ended.

import { getAccount } from '../../store/accounts.js'
import { endSession, getSession, listSessions, type LiveSession } from '../../store/live-sessions.js'
import { orNotFound, requireAccess, type Purpose } from '../access.js'
import { change } from '../audit-trail.js'
import type { Caller } from '../authorize.js'
import { toList, toPageRequest } from '../lists.js'
import {
  EndedSessionSchema,
  SessionListSchema,
  SessionParams,
  SessionQuery,
  SessionSchema,
  showSession,
} from '../resources/session.js'
import type { Api, ApiParts } from '../server.js'

const TAGS = ['sessions']

const NEXT =
  'Its instance ends it, within a second as a rule: a running query is cancelled, and the client reads SQLSTATE 57P01. ' +
  'The key still works: revoke it to keep the client out.'

export function sessionRoutes(app: Api, { store, reports }: ApiParts): void {
  app.get(
    '/sessions',
    {
      config: { permission: 'person', problems: ['bad_cursor'] },
      schema: {
        operationId: 'listSessions',
        tags: TAGS,
        summary: 'List live sessions',
        description:
          'Those of all instances, as each last reported them, the oldest first. Admins and viewers see all; others see ' +
          'their own and those of the service accounts that they made.',
        querystring: SessionQuery,
        response: { 200: SessionListSchema },
      },
    },
    async ({ caller, query }) => {
      const { account, database, instance } = query
      const managedBy = caller.seesAll ? undefined : caller.account.id
      const filter = { managedBy, account, database, instance, seenWithinMs: reports.silentAfterMs }
      return toList(await listSessions(store, filter, toPageRequest(query)), showSession)
    },
  )

  app.get(
    '/sessions/:id',
    {
      config: { permission: 'person', problems: ['session_not_found'] },
      schema: {
        operationId: 'getSession',
        tags: TAGS,
        summary: 'Show a live session',
        params: SessionParams,
        response: { 200: SessionSchema },
      },
    },
    async ({ caller, params }) => showSession(await findSession(caller, params.id, 'see')),
  )

  app.post(
    '/sessions/:id/end',
    {
      config: { permission: 'person', audit: 'session.end', problems: ['session_not_found'] },
      schema: {
        operationId: 'endSession',
        tags: TAGS,
        summary: 'End a live session',
        description: 'On whichever instance it is. Touches no key and no other session.',
        params: SessionParams,
        response: { 202: EndedSessionSchema },
      },
    },
    async (request, reply) => {
      const session = showSession(await findSession(request.caller, request.params.id, 'manage'))
      const seq = await change(store, request, (tx, note) => {
        note({ target: `${session.account} ${session.id}`, before: session })
        return endSession(tx, session.id)
      })
      reply.code(202)
      return { session, seq, next: NEXT }
    },
  )

  /** Finds a session of an account that the caller may see or manage.
   * @throws Problem `session_not_found`, or `permission_denied` for one that they may only see */
  async function findSession(caller: Caller, id: string, purpose: Purpose): Promise<LiveSession> {
    const session = await orNotFound('session_not_found', getSession(store, id, reports.silentAfterMs))
    const account = await orNotFound('session_not_found', getAccount(store, session.accountId))
    requireAccess(caller, account, purpose, 'session_not_found')
    return session
  }
}
