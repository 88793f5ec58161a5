/** What a SCRAM server asks of a client: the server-first-message (RFC 5802 s.5.1), read with every value capped. */
import { AttributeReader, decodeBase64, isPrintable } from './attributes.js'
import { ScramError } from './scram-error.js'

/** Both nonces together: 48 characters between Postgres and libpq. A long one once overran a buffer (CVE-2026-6665). */
export const MAX_NONCE_LENGTH = 1_024

/** Postgres makes 16 (SCRAM_DEFAULT_SALT_LEN). */
export const MAX_SALT_BYTES = 256

/** The server's answer to our nonce, and how to salt the password. */
export type Challenge = { nonce: string; salt: Buffer; iterations: number }

/**
 * Reads a server-first-message.
 *
 * @throws ScramError `malformed_message`, `unsupported_extension`, `invalid_encoding`, `nonce_too_long`,
 * `nonce_mismatch`, `salt_out_of_range` or `iterations_out_of_range`
 */
export function readChallenge(
  serverFirst: string,
  { clientNonce, maxIterations }: { clientNonce: string; maxIterations: number },
): Challenge {
  const attributes = new AttributeReader(serverFirst)
  const nonce = attributes.take('r')
  const salt = attributes.take('s')
  const iterations = attributes.take('i')
  attributes.skipExtensions()
  return {
    nonce: checkNonce(nonce, clientNonce),
    salt: checkSalt(salt),
    iterations: checkIterations(iterations, maxIterations),
  }
}

/** The server must continue our nonce, and add to it: otherwise it could play back an exchange it once saw. */
function checkNonce(nonce: string, clientNonce: string): string {
  if (nonce.length > MAX_NONCE_LENGTH) throw new ScramError('nonce_too_long')
  if (!isPrintable(nonce)) throw new ScramError('invalid_encoding', { detail: 'nonce' })
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) throw new ScramError('nonce_mismatch')
  return nonce
}

function checkSalt(value: string): Buffer {
  const salt = decodeBase64(value)
  if (salt.length === 0 || salt.length > MAX_SALT_BYTES) throw new ScramError('salt_out_of_range')
  return salt
}

function checkIterations(value: string, maxIterations: number): number {
  if (!/^[0-9]+$/.test(value)) throw new ScramError('malformed_message', { detail: 'iteration count' })
  const iterations = Number(value)
  if (iterations < 1 || iterations > maxIterations) throw new ScramError('iterations_out_of_range')
  return iterations
}
