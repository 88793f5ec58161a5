// The first packet of a connection: start-up, SSLRequest, GSSENCRequest or CancelRequest, both ways.
// Manual, "Message Formats"; rules as in ProcessStartupPacket, postgres src/backend/tcop/backend_startup.c.
//
// What comes out of here is unauthenticated: a user name is a claim.

import type { Buffer } from 'node:buffer'
import { BodyReader } from './body-reader.js'
import { binaryString, int32, untypedFrame } from './frame.js'
import { MAX_CANCEL_KEY_BYTES, MIN_CANCEL_KEY_BYTES } from './limits.js'
import { WireError } from './wire-error.js'

/** First byte of a TLS handshake. No start-up packet begins with it: it would be over 300 MB long. */
export const TLS_HANDSHAKE_BYTE = 0x16

// CANCEL_REQUEST_CODE, NEGOTIATE_SSL_CODE, NEGOTIATE_GSS_CODE: postgres src/include/libpq/pqcomm.h.
const CANCEL_REQUEST = (1234 << 16) | 5678
const SSL_REQUEST = (1234 << 16) | 5679
const GSS_REQUEST = (1234 << 16) | 5680

const MAJOR = 3

// What follows the code: a process id and the shortest key.
const MIN_CANCEL_BYTES = 4 + MIN_CANCEL_KEY_BYTES

/** A version of the protocol, as 3.2 is {major: 3, minor: 2}. */
export type ProtocolVersion = { readonly major: number; readonly minor: number }

/** Names a running backend, and proves the right to cancel what it runs. Never log the key. */
export type CancelKey = { readonly processId: number; readonly secretKey: Buffer }

export type FirstPacket =
  /** Asks for TLS. Answer one byte: 'S' or 'N'. */
  | { readonly kind: 'ssl' }
  /** Asks for GSSAPI encryption. Answer one byte: 'N'. */
  | { readonly kind: 'gss' }
  /** Asks to cancel another connection's query. Answer nothing and close. */
  | ({ readonly kind: 'cancel' } & CancelKey)
  /** Begins a session. Names and values are binary strings (binary-string.ts), in the order of the packet. */
  | { readonly kind: 'startup'; readonly version: ProtocolVersion; readonly parameters: Map<string, string> }

/**
 * Parses the body of a first packet, as PacketReader.readStartup gives it.
 *
 * As postgres does: a parameter given twice counts once, with its last value; strings are bytes, whatever their
 * encoding; an empty value is a value; the one terminator is the last byte. Stricter than postgres: SSLRequest and
 * GSSENCRequest hold nothing but their code. `database` is not defaulted here.
 * @throws WireError `bad_version`, `missing_user`, `bad_parameter`, `bad_string`, `bad_length`, `trailing_bytes`,
 * `message_too_short`
 */
export function parseFirstPacket(body: Buffer): FirstPacket {
  const reader = new BodyReader(body, 'the start-up packet')
  const code = reader.int32('version')
  switch (code) {
    case SSL_REQUEST:
      reader.end()
      return { kind: 'ssl' }
    case GSS_REQUEST:
      reader.end()
      return { kind: 'gss' }
    case CANCEL_REQUEST:
      if (reader.left < MIN_CANCEL_BYTES) throw new WireError('bad_length', 'CancelRequest: too short for a key')
      return { kind: 'cancel', ...readCancelKey(reader) }
    default:
      return parseStartup(reader, { major: code >>> 16, minor: code & 0xffff })
  }
}

/** Reads a process id and the cancel key behind it, to the end of the body. Throws `bad_length` on a key's length. */
export function readCancelKey(reader: BodyReader): CancelKey {
  const processId = reader.int32('process id')
  const secretKey = reader.rest()
  checkCancelKey(secretKey)
  return { processId, secretKey }
}

/** Checks a cancel key's length: 4 to 256 bytes. Throws `bad_length`. */
export function checkCancelKey(secretKey: Buffer): void {
  if (secretKey.length < MIN_CANCEL_KEY_BYTES || secretKey.length > MAX_CANCEL_KEY_BYTES) {
    throw new WireError('bad_length', `a cancel key has ${MIN_CANCEL_KEY_BYTES} to ${MAX_CANCEL_KEY_BYTES} bytes`)
  }
}

/**
 * Encodes a start-up packet of protocol 3.`minor`. Names and values are binary strings: give text through `binary`.
 * @throws WireError `bad_string`, `bad_parameter` when one can't be sent
 */
export function encodeStartup(startup: { minor: number; parameters: ReadonlyMap<string, string> }): Buffer {
  const strings = [...startup.parameters].flatMap(([name, value]) => {
    // An empty name is the list's terminator: what follows would be cut off or refused.
    if (name === '') throw new WireError('bad_parameter', 'a start-up parameter has no name')
    return [binaryString(name, 'a start-up parameter'), binaryString(value, 'a start-up parameter')]
  })
  return untypedFrame(int32((MAJOR << 16) | startup.minor), ...strings, binaryString('', 'terminator'))
}

/** Encodes SSLRequest: 8 bytes. */
export function encodeSslRequest(): Buffer {
  return untypedFrame(int32(SSL_REQUEST))
}

/** Encodes GSSENCRequest: 8 bytes. */
export function encodeGssRequest(): Buffer {
  return untypedFrame(int32(GSS_REQUEST))
}

/** Encodes CancelRequest. Throws WireError `bad_length` when the key has not 4 to 256 bytes. */
export function encodeCancelRequest({ processId, secretKey }: CancelKey): Buffer {
  checkCancelKey(secretKey)
  return untypedFrame(int32(CANCEL_REQUEST), int32(processId), secretKey)
}

function parseStartup(reader: BodyReader, version: ProtocolVersion): FirstPacket {
  // First, because other versions lay the rest out in other ways.
  if (version.major !== MAJOR) throw new WireError('bad_version', `only protocol ${MAJOR} is spoken here`)
  const parameters = readParameters(reader)
  reader.end()
  if (!parameters.get('user')) throw new WireError('missing_user', 'the start-up packet names no user')
  return { kind: 'startup', version, parameters }
}

function readParameters(reader: BodyReader): Map<string, string> {
  const parameters = new Map<string, string>()
  for (;;) {
    const name = reader.binaryString('parameter name')
    if (name === '') return parameters
    if (reader.left === 0) throw new WireError('bad_parameter', 'a start-up parameter has no value')
    parameters.set(name, reader.binaryString('parameter value'))
  }
}
