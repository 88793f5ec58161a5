// Answers a server's authentication request: SCRAM-SHA-256(-PLUS), MD5 or cleartext. Manual, "Start-up" and
// "SASL Authentication".

import { createHash, randomBytes } from 'node:crypto'
import { ScramClient } from '../scram/client.js'
import { RAW_NONCE_BYTES } from '../scram/mechanisms.js'
import { passwordMessage, saslInitialResponse, saslResponse } from '../wire/frontend.js'
import type { Conversation, Step } from './conversation.js'
import type { SaltedPasswords } from './salted-passwords.js'
import { UpstreamError } from './upstream-error.js'

export interface Credentials {
  readonly user: string
  readonly password: string
  readonly saltedPasswords: SaltedPasswords
  readonly maxIterations: number
  /** See `channelBindingOf`. */
  readonly channelBinding: Buffer | null
  /** Whether nobody on the way can read along: TLS, a Unix socket or loopback. */
  readonly isPrivate: boolean
}

/**
 * Proves to the server who we are, beginning with its `request`; resolves at AuthenticationOk. One request is answered,
 * once: a server can not have the password in one form and then ask for a weaker one.
 * @throws UpstreamError, WireError, ScramError
 */
export async function authenticate(talk: Conversation, request: Step, credentials: Credentials): Promise<void> {
  switch (request.kind) {
    case 'authenticationOk':
      return
    case 'authenticationCleartext':
      if (!credentials.isPrivate) throw unexpected('the server asks for the password in the clear, without TLS')
      talk.send(passwordMessage(credentials.password))
      return expectOk(await talk.next())
    case 'authenticationMd5':
      talk.send(passwordMessage(md5Answer(credentials, request.salt)))
      return expectOk(await talk.next())
    case 'authenticationSasl':
      return scram(talk, request.mechanisms, credentials)
    case 'authenticationOther':
      throw unexpected(`the server asks for authentication method ${request.code}, which is not supported`)
    default:
      throw unexpected(`${request.kind} where an authentication request was due`)
  }
}

async function scram(talk: Conversation, mechanisms: readonly string[], credentials: Credentials): Promise<void> {
  const { password, saltedPasswords, maxIterations, channelBinding } = credentials
  const client = new ScramClient({
    clientNonce: randomBytes(RAW_NONCE_BYTES).toString('base64'),
    password,
    channelBinding,
    maxIterations,
    saltPassword: (salt, iterations) => saltedPasswords.salt({ password, salt, iterations }),
  })
  const { mechanism, data } = client.first(mechanisms)
  talk.send(saslInitialResponse(mechanism, data))

  const challenge = await talk.next()
  if (challenge.kind !== 'authenticationSaslContinue') throw unexpected(`${challenge.kind} where a challenge was due`)
  talk.send(saslResponse(await client.final(challenge.data)))

  // A server that skips its own proof does not know the password: an impostor.
  const outcome = await talk.next()
  if (outcome.kind !== 'authenticationSaslFinal') throw unexpected(`${outcome.kind} where the server's proof was due`)
  client.verify(outcome.data)
  expectOk(await talk.next())
}

// "md5" and the hash of (the hash of password and user) and salt. Manual, "Message Flow", AuthenticationMD5Password.
function md5Answer({ user, password }: Credentials, salt: Buffer): string {
  const inner = createHash('md5')
    .update(password + user, 'utf8')
    .digest('hex')
  return `md5${createHash('md5').update(inner, 'latin1').update(salt).digest('hex')}`
}

function expectOk(step: Step): void {
  if (step.kind !== 'authenticationOk') throw unexpected(`${step.kind} where AuthenticationOk was due`)
}

function unexpected(what: string): UpstreamError {
  return new UpstreamError('protocol', `upstream authentication: ${what}`)
}
