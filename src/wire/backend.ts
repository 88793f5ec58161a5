// Encodes what a server says to a client until the session is up. Manual, "Message Formats" and "Error and Notice
// Message Fields". Texts of ours are UTF-8; what is passed on from an upstream stays a binary string.

import { Buffer } from 'node:buffer'
import { binaryString, frame, int32, textString } from './frame.js'
import { MAX_ERROR_FIELD_LENGTH } from './limits.js'
import { checkCancelKey } from './startup.js'
import type { CancelKey } from './startup.js'
import { WireError } from './wire-error.js'

/** What ReadyForQuery says of the session: idle, in a transaction, in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E'

/** The fields that our own errors and notices have. All but the code are words for people. */
export type ErrorFields = {
  readonly severity: 'ERROR' | 'FATAL' | 'PANIC' | 'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG'
  /** SQLSTATE, five characters. */
  readonly code: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
}

// AUTH_REQ_…, postgres src/include/libpq/protocol.h.
export const AUTHENTICATION = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const

const MD5_SALT_BYTES = 4

/** Encodes AuthenticationOk. From here on the client takes itself for logged in. */
export function authenticationOk(): Buffer {
  return frame('R', int32(AUTHENTICATION.ok))
}

/** Encodes AuthenticationCleartextPassword. Only over TLS or loopback: the client answers with the secret itself. */
export function authenticationCleartext(): Buffer {
  return frame('R', int32(AUTHENTICATION.cleartext))
}

/** Encodes AuthenticationMD5Password. Throws WireError `bad_length` when the salt has not 4 bytes. */
export function authenticationMd5(salt: Buffer): Buffer {
  if (salt.length !== MD5_SALT_BYTES) throw new WireError('bad_length', `an MD5 salt has ${MD5_SALT_BYTES} bytes`)
  return frame('R', int32(AUTHENTICATION.md5), salt)
}

/** Encodes AuthenticationSASL: the mechanisms offered, best first. */
export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  const names = mechanisms.map(mechanism => textString(mechanism, 'a SASL mechanism'))
  return frame('R', int32(AUTHENTICATION.sasl), ...names, textString('', 'terminator'))
}

/** Encodes AuthenticationSASLContinue: a challenge, for SCRAM the server-first-message. */
export function authenticationSaslContinue(data: Buffer): Buffer {
  return frame('R', int32(AUTHENTICATION.saslContinue), data)
}

/** Encodes AuthenticationSASLFinal: for SCRAM the server-final-message. */
export function authenticationSaslFinal(data: Buffer): Buffer {
  return frame('R', int32(AUTHENTICATION.saslFinal), data)
}

/** Encodes ErrorResponse. Never throws: a refusal must reach the client. Long fields are cut, a NUL becomes a space. */
export function errorResponse(fields: ErrorFields): Buffer {
  return frame('E', errorBody(fields))
}

/** Encodes NoticeResponse, under the rules of `errorResponse`. */
export function noticeResponse(fields: ErrorFields): Buffer {
  return frame('N', errorBody(fields))
}

/** Encodes ParameterStatus. Name and value are binary strings. Throws WireError `bad_string`. */
export function parameterStatus(name: string, value: string): Buffer {
  return frame('S', binaryString(name, 'a parameter status'), binaryString(value, 'a parameter status'))
}

/**
 * Encodes BackendKeyData. A client of protocol 3.0 must be given a key of exactly 4 bytes: libpq hangs up otherwise.
 * @throws WireError `bad_length` when the key has not 4 to 256 bytes
 */
export function backendKeyData({ processId, secretKey }: CancelKey): Buffer {
  checkCancelKey(secretKey)
  return frame('K', int32(processId), secretKey)
}

/** Encodes ReadyForQuery. */
export function readyForQuery(status: TransactionStatus): Buffer {
  return frame('Z', Buffer.from(status, 'latin1'))
}

/**
 * Encodes NegotiateProtocolVersion: the version that will be spoken, and the `_pq_.` parameters not understood (binary
 * strings). The manual speaks of a minor version; postgres sends, and libpq expects, the whole: 3.2 is 0x00030002.
 */
export function negotiateProtocolVersion(answer: { minor: number; unsupported: readonly string[] }): Buffer {
  const names = answer.unsupported.map(name => binaryString(name, 'a parameter name'))
  return frame('v', int32((3 << 16) | answer.minor), int32(names.length), ...names)
}

// Severity goes twice: S may be translated, V never is; clients older than 9.6 know only S.
function errorBody({ severity, code, message, detail, hint }: ErrorFields): Buffer {
  const fields: [type: string, text: string | undefined][] = [
    ['S', severity],
    ['V', severity],
    ['C', code],
    ['M', message],
    ['D', detail],
    ['H', hint],
  ]
  const present = fields.filter(([, text]) => text !== undefined)
  return Buffer.concat([...present.map(([type, text]) => errorField(type, text ?? '')), Buffer.alloc(1)])
}

function errorField(type: string, text: string): Buffer {
  const oneString = text.slice(0, MAX_ERROR_FIELD_LENGTH).replaceAll('\0', ' ')
  return Buffer.from(`${type}${oneString}\0`, 'utf8')
}
