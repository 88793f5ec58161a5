// What a client says to log in, and to leave: encoded for the upstream, decoded for our clients.
// Manual, "Message Formats". All answers to an authentication request share the type 'p'; only the request tells them
// apart.

import { Buffer } from 'node:buffer'
import { BodyReader } from './body-reader.js'
import { frame, int32, textString } from './frame.js'
import { WireError } from './wire-error.js'

/** Type of PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse alike. */
export const AUTHENTICATION_ANSWER = 'p'

/** Type of Query. */
export const QUERY = 'Q'

/** Type of Terminate. */
export const TERMINATE = 'X'

// The length that stands for "no initial response".
const ABSENT = -1

/** A client's choice of mechanism. `data` is null when the client waits for a challenge first. */
export type SaslInitialResponse = { readonly mechanism: string; readonly data: Buffer | null }

/** Encodes PasswordMessage: a password, or an MD5 hash of one. Throws WireError `bad_string` when it holds a NUL. */
export function passwordMessage(text: string): Buffer {
  return frame(AUTHENTICATION_ANSWER, textString(text, 'a password'))
}

/** Encodes SASLInitialResponse. Throws WireError `bad_string` when the mechanism holds a NUL. */
export function saslInitialResponse(mechanism: string, data: Buffer | null): Buffer {
  const name = textString(mechanism, 'a SASL mechanism')
  if (data === null) return frame(AUTHENTICATION_ANSWER, name, int32(ABSENT))
  return frame(AUTHENTICATION_ANSWER, name, int32(data.length), data)
}

/** Encodes SASLResponse. */
export function saslResponse(data: Buffer): Buffer {
  return frame(AUTHENTICATION_ANSWER, data)
}

/** Encodes Query, of the simple query protocol. Throws WireError `bad_string` when the SQL holds a NUL. */
export function query(sql: string): Buffer {
  return frame(QUERY, textString(sql, 'a query'))
}

/** Encodes Terminate: the client leaves in good order. */
export function terminate(): Buffer {
  return frame(TERMINATE)
}

/**
 * Decodes PasswordMessage: the bytes without the terminator, which may be none. A view of the body: a secret.
 * @throws WireError `bad_string` when it is not terminated, `trailing_bytes` when it holds a NUL earlier on
 */
export function parsePassword(body: Buffer): Buffer {
  const reader = new BodyReader(body, 'PasswordMessage')
  const password = reader.terminated('password')
  reader.end()
  return password
}

/**
 * Decodes SASLInitialResponse. `data` is a view of the body.
 * @throws WireError `bad_string`, `message_too_short`, `bad_length` when the data is not as long as it says
 */
export function parseSaslInitialResponse(body: Buffer): SaslInitialResponse {
  const reader = new BodyReader(body, 'SASLInitialResponse')
  const mechanism = reader.text('mechanism')
  const length = reader.int32('length')
  const data = reader.rest()
  if (length === ABSENT && data.length === 0) return { mechanism, data: null }
  if (length !== data.length)
    throw new WireError('bad_length', 'SASLInitialResponse: its length is not that of its data')
  return { mechanism, data }
}

/** Decodes SASLResponse: the whole body, as it is. Only the mechanism can tell whether it is well-formed. */
export function parseSaslResponse(body: Buffer): Buffer {
  return body
}
