// The exchange that proves who the client is: SASL (manual, "SASL Authentication"), or a password on listeners set so.

import type { Authenticator } from '../auth/authenticate.js'
import { showsBadToken, type FailedLogins } from '../auth/failed-logins.js'
import type { Principal } from '../auth/principal.js'
import { Refusal } from '../errors.js'
import {
  authenticationCleartext,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
} from '../wire/backend.js'
import { AUTHENTICATION_ANSWER, parsePassword, parseSaslInitialResponse, parseSaslResponse } from '../wire/frontend.js'
import { MAX_AUTH_MESSAGE_BYTES, MAX_SASL_MESSAGE_BYTES } from '../wire/limits.js'
import type { ClientConnection } from './client.js'
import type { ListenerTerms, Opening } from './negotiate.js'
import type { Visit } from './visit.js'

interface Exchange {
  readonly client: ClientConnection
  readonly opening: Extract<Opening, { kind: 'startup' }>
  readonly authenticator: Authenticator
  readonly failedLogins: FailedLogins
  readonly visit: Visit
}

/** Asks the client to prove itself. Does not say AuthenticationOk: that waits until the database has answered too.
 * Rejects with Refusal, WireError or ClientGone. */
export async function challenge(exchange: Exchange, auth: ListenerTerms['auth']): Promise<Principal> {
  return auth === 'scram' ? challengeScram(exchange) : challengePassword(exchange)
}

async function challengeScram(exchange: Exchange): Promise<Principal> {
  const { client, opening, authenticator, visit } = exchange
  const login = authenticator.scram({ name: opening.user, address: visit.clientAddress }, opening.certificate)
  const answer = () => visit.time('challenge', () => client.message(AUTHENTICATION_ANSWER, MAX_SASL_MESSAGE_BYTES))

  client.write(authenticationSasl(login.mechanisms()))
  const initial = parseSaslInitialResponse((await answer()).body)
  let clientFirst = initial.data
  if (clientFirst === null) {
    // The mechanism was named without data: RFC 4422, section 3, asks for an empty challenge.
    client.write(authenticationSaslContinue(Buffer.alloc(0)))
    clientFirst = parseSaslResponse((await answer()).body)
  }
  const first = clientFirst
  const serverFirst = visit.time('lookup', () => login.first(initial.mechanism, first))
  client.write(authenticationSaslContinue(await client.unlessAborted(serverFirst)))

  const clientFinal = parseSaslResponse((await answer()).body)
  visit.account = login.account
  const { principal, serverFinal } = await verify(exchange, null, () => login.final(clientFinal))
  client.write(authenticationSaslFinal(serverFinal))
  return principal
}

async function challengePassword(exchange: Exchange): Promise<Principal> {
  const { client, opening, authenticator, visit } = exchange
  client.write(authenticationCleartext())
  const { body } = await visit.time('challenge', () => client.message(AUTHENTICATION_ANSWER, MAX_AUTH_MESSAGE_BYTES))
  const token = parsePassword(body).toString('utf8')
  const claim = { name: opening.user, address: visit.clientAddress }
  try {
    return await verify(exchange, token, () => authenticator.password(claim, token))
  } catch (error) {
    if (isOfKnownAccount(error)) visit.account = opening.user
    throw error
  }
}

/** Runs the check of what the client has shown, and counts it against its network if that was no token of ours.
 * @param token what was shown; null: a proof of it */
async function verify<T>(
  { failedLogins, opening, visit }: Exchange,
  token: string | null,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await visit.time('verify', check)
  } catch (error) {
    if (showsBadToken(error)) failedLogins.add({ address: visit.clientAddress, claimed: opening.user, token })
    throw error
  }
}

/** Whether the refusal shows that the claimed account exists: only then may its name be logged. */
function isOfKnownAccount(error: unknown): boolean {
  if (!(error instanceof Refusal) || error.code !== 'credentials_rejected') return false
  // What has not the form of a token is refused whether or not there is such an account.
  return error.reason !== 'unknown_account' && error.reason !== 'malformed_token'
}
