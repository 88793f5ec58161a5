// The one-byte answers to SSLRequest and GSSENCRequest, both ways. Manual, "SSL Session Encryption".

import { Buffer } from 'node:buffer'
import { WireError } from './wire-error.js'

const ACCEPTED = 'S'
const REFUSED = 'N'

/** Encodes the yes to SSLRequest. No byte may wait unread when it is sent: it would count as sent within TLS. */
export function encryptionAccepted(): Buffer {
  return Buffer.from(ACCEPTED, 'latin1')
}

/** Encodes the no to SSLRequest or GSSENCRequest. The client may go on in the clear, or hang up. */
export function encryptionRefused(): Buffer {
  return Buffer.from(REFUSED, 'latin1')
}

/**
 * Parses a server's answer to SSLRequest from all that it has sent so far; undefined while nothing has come.
 *
 * An error message in place of the answer is not read: nobody has proved to be the server yet (CVE-2024-10977).
 * @throws WireError `bytes_before_tls` when more came than the answer: whoever sent it did so ahead of the handshake
 * @throws WireError `unexpected_message` when the answer is neither yes nor no
 */
export function parseEncryptionAnswer(received: Buffer): 'accepted' | 'refused' | undefined {
  if (received.length === 0) return undefined
  const answer = received.toString('latin1', 0, 1)
  if (answer !== ACCEPTED && answer !== REFUSED) {
    throw new WireError('unexpected_message', 'the answer to SSLRequest is neither S nor N')
  }
  if (received.length > 1) throw new WireError('bytes_before_tls', 'bytes came with the answer to SSLRequest')
  return answer === ACCEPTED ? 'accepted' : 'refused'
}
