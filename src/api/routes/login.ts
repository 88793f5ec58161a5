// Signs people in to the console with e-mail address and password, and out again.

import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { findPerson, type PersonRecord } from '../../store/accounts.js'
import { endConsoleSession } from '../../store/console-sessions.js'
import { change } from '../audit-trail.js'
import { hashSecret } from '../console-cookie.js'
import { FailureLimits } from '../failure-limits.js'
import { Problem } from '../problem.js'
import { body, EmailAddress, Nothing } from '../schema-types.js'
import type { Api, ApiParts } from '../server.js'
import { answerSignIn, signIn, SignedInSchema } from '../sign-in.js'

const TAGS = ['console']

const LoginBody = body(
  {
    email: EmailAddress,
    password: Type.String({
      minLength: 1,
      maxLength: 1024,
      writeOnly: true,
      description: 'Their password for the console.',
    }),
  },
  { title: 'LoginRequest' },
)

export function loginRoutes(app: Api, { store, console }: ApiParts): void {
  const limits = new FailureLimits(store, 'login', console)

  app.post(
    '/login',
    {
      config: { permission: 'public', audit: 'login', problems: ['login_refused', 'too_many_failures', 'busy'] },
      schema: {
        operationId: 'login',
        tags: TAGS,
        summary: 'Sign in to the console',
        description:
          'For people. Sets a cookie and answers the token that requests which change things need beside it. Ends the ' +
          'session that the browser had before. Why a login is refused is in the audit log only.',
        security: [],
        body: LoginBody,
        response: { 200: SignedInSchema },
      },
    },
    async (request, reply) => {
      const email = request.body.email.toLowerCase()
      const person = await authenticate(request, email, request.body.password)
      const signedIn = await change(store, request, async (tx, note) => {
        const made = await signIn(tx, request, console, person.id)
        note({ target: email, after: { session: made.session.id } })
        return made
      })
      return answerSignIn(request, reply, console, signedIn)
    },
  )

  app.post(
    '/logout',
    {
      config: { permission: 'person', audit: 'logout' },
      schema: {
        operationId: 'logout',
        tags: TAGS,
        summary: 'Sign out of the console',
        description: 'Ends the session of the cookie. A caller with a token has none, and nothing happens.',
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const secret = request.caller.console === null ? null : console.cookie.read(request)
      if (secret !== null) {
        await change(store, request, async (tx, note) => {
          note({
            target: request.caller.account.name,
            before: { session: await endConsoleSession(tx, hashSecret(secret)) },
          })
        })
        console.cookie.clear(reply)
      }
      return reply.code(204).send(null)
    },
  )

  /** Whoever the reason, the same work: one look-up, one argon2id. */
  async function authenticate({ ip }: FastifyRequest, email: string, password: string): Promise<PersonRecord> {
    let person: PersonRecord | null = null
    let reason: LoginRefusal | null = null
    const passed = await limits.check({ address: ip, account: email }, async () => {
      person = await findPerson(store, email)
      const matches = await console.passwords.verify(password, person?.passwordHash ?? null)
      reason = refusalOf(person, matches)
      return reason === null
    })
    if (!passed || person === null)
      throw new Problem('login_refused', undefined, { trueReason: reason ?? 'unknown_account' })
    return person
  }
}

type LoginRefusal = 'unknown_account' | 'deleted' | 'no_password' | 'wrong_password' | 'disabled'

function refusalOf(person: PersonRecord | null, matches: boolean): LoginRefusal | null {
  if (person === null) return 'unknown_account'
  if (person.state === 'deleted') return 'deleted'
  if (person.passwordHash === null) return 'no_password'
  if (!matches) return 'wrong_password'
  return person.state === 'disabled' ? 'disabled' : null
}
