// Signs a person in to the console: a new session, its cookie, and the token against forged requests. Whatever session
// the browser had before ends: nobody goes on under a cookie that somebody else may have put there.

import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createConsoleSession, endConsoleSession, type ConsoleSession } from '../store/console-sessions.js'
import type { Transaction } from '../store/transaction.js'
import { consoleCaller } from './authorize.js'
import { csrfToken, hashSecret, newSecret, type ConsoleCookie } from './console-cookie.js'
import { MeAccountSchema, showMeAccount } from './resources/me.js'
import { Time, toTime } from './schema-types.js'

export const SignedInSchema = Type.Object(
  {
    account: MeAccountSchema,
    csrf_token: Type.String({ description: 'To be sent as `x-csrf-token` with every request that changes things.' }),
    expires_at: Time,
  },
  { title: 'SignedIn', description: 'The cookie is in the header Set-Cookie.' },
)

export interface SignIn {
  readonly secret: string
  readonly session: ConsoleSession
}

/** Makes the session; the request's caller is that person from then on, for the audit log too.
 * @throws StoreError `not_found` when the account is no active person */
export async function signIn(
  tx: Transaction,
  request: FastifyRequest,
  { cookie, maxAgeMs }: { readonly cookie: ConsoleCookie; readonly maxAgeMs: number },
  accountId: string,
): Promise<SignIn> {
  const before = cookie.read(request)
  if (before !== null) await endConsoleSession(tx, hashSecret(before))
  const { secret, hash } = newSecret()
  const userAgent = request.headers['user-agent'] ?? null
  const session = await createConsoleSession(tx, {
    accountId,
    secretHash: hash,
    maxAgeMs,
    address: request.ip,
    userAgent,
  })
  request.caller = await consoleCaller(tx, session, secret)
  return { secret, session }
}

/** Gives the browser its cookie, and the page what it needs to know. To be called when the session is committed. */
export function answerSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { cookie, maxAgeMs }: { readonly cookie: ConsoleCookie; readonly maxAgeMs: number },
  { secret, session }: SignIn,
): Static<typeof SignedInSchema> {
  cookie.set(reply, secret, maxAgeMs)
  void reply.header('cache-control', 'no-store')
  return {
    account: showMeAccount(request.caller.account),
    csrf_token: csrfToken(secret),
    expires_at: toTime(session.expiresAt),
  }
}
