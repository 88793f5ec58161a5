// Decodes what an upstream may say until the session is up. Manual, "Message Formats".
//
// The upstream is not trusted either: counts and lengths are its claims, and any field may be missing.

import type { Buffer } from 'node:buffer'
import { AUTHENTICATION } from './backend.js'
import type { TransactionStatus } from './backend.js'
import { BodyReader } from './body-reader.js'
import type { Message } from './packets.js'
import { readCancelKey } from './startup.js'
import type { CancelKey } from './startup.js'
import { WireError } from './wire-error.js'

/** Fields by their type, one character: 'C' is the SQLSTATE, 'M' the message. Any may be missing (CVE-2026-6666). */
export type FieldMap = ReadonlyMap<string, string>

export type LoginMessage =
  | { readonly kind: 'authenticationOk' }
  /** Asks for the password itself. */
  | { readonly kind: 'authenticationCleartext' }
  /** Asks for the password hashed with a salt of 4 bytes. */
  | { readonly kind: 'authenticationMd5'; readonly salt: Buffer }
  /** Offers SASL mechanisms, best first. */
  | { readonly kind: 'authenticationSasl'; readonly mechanisms: string[] }
  | { readonly kind: 'authenticationSaslContinue'; readonly data: Buffer }
  | { readonly kind: 'authenticationSaslFinal'; readonly data: Buffer }
  /** Asks for something else: Kerberos, GSSAPI, SSPI or what is yet to come. */
  | { readonly kind: 'authenticationOther'; readonly code: number }
  /** Name and value are binary strings. */
  | { readonly kind: 'parameterStatus'; readonly name: string; readonly value: string }
  | ({ readonly kind: 'backendKeyData' } & CancelKey)
  | { readonly kind: 'readyForQuery'; readonly status: TransactionStatus }
  /** ErrorResponse. Its texts are the upstream's: not for the client's eyes before its session is up. */
  | { readonly kind: 'error'; readonly fields: FieldMap }
  | { readonly kind: 'notice'; readonly fields: FieldMap }
  /** `minor` is the version that the server chose; `unsupported` are binary strings. */
  | { readonly kind: 'negotiateProtocolVersion'; readonly minor: number; readonly unsupported: string[] }
  /** Any other message: not decoded. */
  | { readonly kind: 'other'; readonly type: string }

/**
 * Decodes one message of an upstream's login. Buffers in the result are views of the message's body. Error and notice
 * texts are read as UTF-8, foreign bytes as U+FFFD.
 * @throws WireError `message_too_short`, `trailing_bytes`, `bad_string`, `bad_length`, `bad_version`,
 * `unexpected_message`
 */
export function parseBackendMessage({ type, body }: Message): LoginMessage {
  switch (type) {
    case 'R':
      return whole(body, 'AuthenticationRequest', parseAuthentication)
    case 'S':
      return whole(body, 'ParameterStatus', reader => {
        const name = reader.binaryString('name')
        return { kind: 'parameterStatus', name, value: reader.binaryString('value') }
      })
    case 'K':
      return whole(body, 'BackendKeyData', reader => ({ kind: 'backendKeyData', ...readCancelKey(reader) }))
    case 'Z':
      return whole(body, 'ReadyForQuery', reader => ({ kind: 'readyForQuery', status: readStatus(reader) }))
    case 'E':
      return whole(body, 'ErrorResponse', reader => ({ kind: 'error', fields: readFields(reader) }))
    case 'N':
      return whole(body, 'NoticeResponse', reader => ({ kind: 'notice', fields: readFields(reader) }))
    case 'v':
      return whole(body, 'NegotiateProtocolVersion', parseNegotiation)
    default:
      return { kind: 'other', type }
  }
}

function whole(body: Buffer, name: string, parse: (reader: BodyReader) => LoginMessage): LoginMessage {
  const reader = new BodyReader(body, name)
  const message = parse(reader)
  reader.end()
  return message
}

function parseAuthentication(reader: BodyReader): LoginMessage {
  const code = reader.int32('code')
  switch (code) {
    case AUTHENTICATION.ok:
      return { kind: 'authenticationOk' }
    case AUTHENTICATION.cleartext:
      return { kind: 'authenticationCleartext' }
    case AUTHENTICATION.md5:
      return { kind: 'authenticationMd5', salt: reader.bytes(4, 'salt') }
    case AUTHENTICATION.sasl:
      return { kind: 'authenticationSasl', mechanisms: readMechanisms(reader) }
    case AUTHENTICATION.saslContinue:
      return { kind: 'authenticationSaslContinue', data: reader.rest() }
    case AUTHENTICATION.saslFinal:
      return { kind: 'authenticationSaslFinal', data: reader.rest() }
    default:
      reader.rest()
      return { kind: 'authenticationOther', code }
  }
}

function readMechanisms(reader: BodyReader): string[] {
  const mechanisms: string[] = []
  for (;;) {
    const mechanism = reader.text('mechanism')
    if (mechanism === '') return mechanisms
    mechanisms.push(mechanism)
  }
}

function readStatus(reader: BodyReader): TransactionStatus {
  const status = String.fromCharCode(reader.byte('status'))
  if (status === 'I' || status === 'T' || status === 'E') return status
  throw new WireError('unexpected_message', 'ReadyForQuery: its status is unknown')
}

function readFields(reader: BodyReader): FieldMap {
  const fields = new Map<string, string>()
  for (;;) {
    const type = reader.byte('field type')
    if (type === 0) return fields
    fields.set(String.fromCharCode(type), reader.text('field'))
  }
}

// The manual speaks of a minor version, postgres sends the whole one: 0x00030002. Both are understood.
function parseNegotiation(reader: BodyReader): LoginMessage {
  const version = reader.int32('version')
  const major = version >>> 16
  if (major !== 3 && major !== 0) throw new WireError('bad_version', 'the server chose another major version')
  const count = reader.int32('count')
  // Each name takes a byte at least: a greater count is a lie, and is found out before the loop.
  if (count < 0 || count > reader.left) throw new WireError('bad_length', 'NegotiateProtocolVersion: impossible count')
  const unsupported = Array.from({ length: count }, () => reader.binaryString('parameter name'))
  return { kind: 'negotiateProtocolVersion', minor: version & 0xffff, unsupported }
}
