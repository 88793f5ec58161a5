// The opening of a connection: TLS or not, GSS (no), then a start-up packet or a cancel request.
// Manual, "Start-up" and "SSL Session Encryption"; the order of things as in ProcessStartupPacket, postgres
// src/backend/tcop/backend_startup.c.

import type tls from 'node:tls'
import { Refusal } from '../errors.js'
import { negotiateProtocolVersion } from '../wire/backend.js'
import { utf8 } from '../wire/binary-string.js'
import { encryptionAccepted, encryptionRefused } from '../wire/encryption.js'
import { negotiateVersion, type MinorVersion } from '../wire/negotiate.js'
import { parseFirstPacket, TLS_HANDSHAKE_BYTE, type CancelKey, type FirstPacket } from '../wire/startup.js'
import { WireError, type WireErrorCode } from '../wire/wire-error.js'
import type { ClientConnection } from './client.js'
import type { Visit } from './visit.js'

/** The name that direct TLS must agree on (IANA, "TLS ALPN Protocol IDs"). */
export const ALPN_PROTOCOL = 'postgresql'

/** What a listener offers. */
export interface ListenerTerms {
  readonly auth: 'scram' | 'password'
  /** `require`: no login without TLS; `allow`: the client chooses; `off`: TLS is not offered. */
  readonly tls: 'require' | 'allow' | 'off'
  /** Gives the certificate of this moment, so that a reload needs no restart. null with `off`. */
  readonly identity: (() => TlsIdentity) | null
}

export interface TlsIdentity {
  readonly context: tls.SecureContext
  /** The server certificate, DER: what channel binding is bound to (RFC 5929, section 4.1). */
  readonly certificate: Buffer
  /** Whether logins need a client certificate, of an authority that the context trusts. */
  readonly wantsClientCertificate: boolean
}

export type Opening =
  | { readonly kind: 'cancel'; readonly key: CancelKey }
  | {
      readonly kind: 'startup'
      /** A claim: nothing is proved yet. */
      readonly user: string
      readonly database: string
      /** All start-up parameters as they came, in order; binary strings. */
      readonly parameters: ReadonlyMap<string, string>
      readonly minor: MinorVersion
      /** The certificate of this TLS connection, or null in the clear. */
      readonly certificate: Buffer | null
    }

/** Settles encryption and version with a client. Rejects with WireError, Refusal or ClientGone. */
export async function negotiate(client: ClientConnection, terms: ListenerTerms, visit: Visit): Promise<Opening> {
  let certificate: Buffer | null = null
  if ((await client.peek()) === TLS_HANDSHAKE_BYTE) {
    certificate = await visit.time('tls', () => startDirectTls(client, terms))
  }
  const asked = { ssl: certificate !== null, gss: false }
  for (;;) {
    const packet = await firstPacket(client)
    switch (packet.kind) {
      case 'ssl':
        if (asked.ssl) throw new WireError('unexpected_message', 'SSLRequest came twice')
        asked.ssl = true
        if (terms.identity === null) refuseEncryption(client)
        else certificate = await visit.time('tls', () => startTls(client, terms))
        break
      case 'gss':
        if (asked.gss || certificate) throw new WireError('unexpected_message', 'GSSENCRequest came too late')
        asked.gss = true
        refuseEncryption(client)
        break
      case 'cancel':
        return { kind: 'cancel', key: packet }
      case 'startup':
        return open(client, packet, certificate, terms)
    }
  }
}

async function firstPacket(client: ClientConnection): Promise<FirstPacket> {
  try {
    return parseFirstPacket(await client.startupPacket())
  } catch (error) {
    if (!(error instanceof WireError) || !HAS_NO_ANSWER.has(error.code)) throw error
    throw new Refusal('protocol_violation', { cause: error, isUnanswered: true })
  }
}

/** An impossible length, of a first packet or of the key in a CancelRequest: no client of the protocol has sent it, or one
 * that expects no answer, such as a driver's Terminate before its start-up packet. ProcessStartupPacket is silent too. */
const HAS_NO_ANSWER: ReadonlySet<WireErrorCode> = new Set(['bad_length', 'message_too_long'])

function refuseEncryption(client: ClientConnection): void {
  client.write(encryptionRefused())
  // Sent before the client knew whether it would be encrypted. Postgres takes none of it either.
  if (client.buffered > 0) throw new WireError('unexpected_message', 'bytes were sent ahead of the encryption answer')
}

function open(
  client: ClientConnection,
  { version, parameters }: Extract<FirstPacket, { kind: 'startup' }>,
  certificate: Buffer | null,
  terms: ListenerTerms,
): Opening {
  const { minor, unsupported, mustNegotiate } = negotiateVersion(version, parameters)
  if (terms.tls === 'require' && !certificate) throw new Refusal('tls_required')
  if (client.certificateFault) throw new Refusal('client_certificate_required', { cause: client.certificateFault })
  if (asksForReplication(parameters.get('replication'))) throw new Refusal('replication_refused')
  if (mustNegotiate) client.write(negotiateProtocolVersion({ minor, unsupported }))
  const user = utf8(parameters.get('user') ?? '')
  // The default comes before any check, so that no rule ever sees an empty name.
  const database = utf8(parameters.get('database') ?? '') || user
  return { kind: 'startup', user, database, parameters, minor, certificate }
}

async function startTls(client: ClientConnection, terms: ListenerTerms): Promise<Buffer> {
  // Bytes sent ahead of the answer were sent in the clear, by the client or by a man in the middle, and must not be
  // taken for bytes of the encrypted session (CVE-2021-23214).
  if (client.buffered > 0) throw new WireError('unexpected_message', 'bytes were sent ahead of the TLS answer')
  client.socket.pause()
  client.write(encryptionAccepted())
  return handshake(client, terms)
}

async function startDirectTls(client: ClientConnection, terms: ListenerTerms): Promise<Buffer> {
  if (terms.identity === null) throw noDirectTls('TLS is not offered here')
  const certificate = await handshake(client, terms)
  if (client.tls?.alpnProtocol !== ALPN_PROTOCOL) throw noDirectTls(`no ALPN protocol ${ALPN_PROTOCOL}`)
  return certificate
}

/** ProcessSSLStartup closes without an answer as well: this may be a client of any protocol. */
function noDirectTls(why: string): Refusal {
  const cause = new WireError('unexpected_message', `direct TLS: ${why}`)
  return new Refusal('protocol_violation', { cause, isUnanswered: true })
}

async function handshake(client: ClientConnection, terms: ListenerTerms): Promise<Buffer> {
  if (terms.identity === null) throw new WireError('unexpected_message', 'TLS is not offered here')
  const { context, certificate, wantsClientCertificate } = terms.identity()
  await client.startTls({
    secureContext: context,
    ALPNProtocols: [ALPN_PROTOCOL],
    requestCert: wantsClientCertificate,
    // Judged once the client can be told why. Under TLS 1.3 it takes the handshake for done before we have its
    // certificate, and an alert would then reach it in place of an answer, or not at all.
    rejectUnauthorized: false,
  })
  return certificate
}

/** As postgres reads it: `database` or a true boolean (parse_bool); anything unclear counts as a yes. */
function asksForReplication(value: string | undefined): boolean {
  return value !== undefined && !['', 'false', 'off', 'no', '0', 'f', 'n'].includes(value.toLowerCase())
}
