// What people do with their own way in to the console: see where they are signed in, sign out everywhere, change the
// password.

import { Type } from 'typebox'
import { setPasswordHash } from '../../store/account-lifecycle.js'
import { findPerson } from '../../store/accounts.js'
import { endConsoleSessions, listConsoleSessions } from '../../store/console-sessions.js'
import { change } from '../audit-trail.js'
import { FailureLimits } from '../failure-limits.js'
import { NewPassword, requireStrong } from '../new-password.js'
import { Problem } from '../problem.js'
import { ConsoleSessionListSchema, showConsoleSession } from '../resources/console-session.js'
import { body, Nothing } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'
import { answerSignIn, signIn, SignedInSchema } from '../sign-in.js'

const TAGS = ['me']

const PasswordChange = body(
  {
    current: Type.String({ minLength: 1, maxLength: 1024, writeOnly: true, description: 'The password until now.' }),
    new: NewPassword,
  },
  { title: 'PasswordChange' },
)

const EndedSessions = Type.Object(
  { ended: Type.Integer({ description: 'Sessions that were live, or idle for too long.' }) },
  { title: 'EndedConsoleSessions' },
)

export function meConsoleRoutes(app: Api, { store, console }: ApiParts): void {
  const limits = new FailureLimits(store, 'password', console)

  app.get(
    '/me/sessions',
    {
      config: { permission: 'person' },
      schema: {
        operationId: 'listMySessions',
        tags: TAGS,
        summary: 'List where you are signed in to the console',
        description: 'All in one page, the newest first.',
        response: { 200: ConsoleSessionListSchema },
      },
    },
    async ({ caller }) => {
      const sessions = await listConsoleSessions(store, caller.account.id, console.idleTimeoutMs)
      return {
        items: sessions.map(session => showConsoleSession(session, caller.console?.sessionId ?? null)),
        next_cursor: null,
      }
    },
  )

  app.post(
    '/me/sessions/revoke-all',
    {
      config: { permission: 'person', audit: 'console.sign-out-everywhere' },
      schema: {
        operationId: 'signOutEverywhere',
        tags: TAGS,
        summary: 'Sign out of the console everywhere',
        description: 'Here too. Your keys go on working.',
        response: { 200: EndedSessions },
      },
    },
    async (request, reply) => {
      const { account } = request.caller
      const ended = await change(store, request, async (tx, note) => {
        const count = await endConsoleSessions(tx, account.id)
        note({ target: account.name, after: { ended: count } })
        return count
      })
      console.cookie.clear(reply)
      return { ended }
    },
  )

  app.post(
    '/me/password',
    {
      config: {
        permission: 'person',
        audit: 'console.change-password',
        problems: ['wrong_password', 'too_many_failures', 'busy'],
      },
      schema: {
        operationId: 'changePassword',
        tags: TAGS,
        summary: 'Change your password for the console',
        description:
          'Ends every session of yours; called with the cookie, it sets that of a new one, and answers its token.',
        body: PasswordChange,
        response: { 200: SignedInSchema, 204: Nothing },
      },
    },
    async (request, reply) => {
      const { account, console: session } = request.caller
      requireStrong('new', request.body.new, account.name)
      const isRight = await limits.check({ address: request.ip, account: account.id }, async () => {
        const person = account.kind === 'personal' ? await findPerson(store, account.name) : null
        return console.passwords.verify(request.body.current, person?.passwordHash ?? null)
      })
      if (!isRight) throw new Problem('wrong_password')
      const hash = await console.passwords.hash(request.body.new)
      const signedIn = await change(store, request, async (tx, note) => {
        await setPasswordHash(tx, account.id, hash)
        note({ target: account.name })
        return session === null ? null : signIn(tx, request, console, account.id)
      })
      if (signedIn) return answerSignIn(request, reply, console, signedIn)
      return reply.code(204).send(null)
    },
  )
}
