// The stored form of a password, as `ALTER ROLE … PASSWORD` takes it. Manual, pg_authid; RFC 5803.

import { randomBytes } from 'node:crypto'
import { deriveKeys, saltPassword } from '../scram/keys.js'
import { SALT_BYTES } from '../scram/parameters.js'

/** SCRAM_SHA_256_DEFAULT_ITERATIONS, postgres src/include/common/scram-common.h. Enough for a random password. */
const ITERATIONS = 4_096

/**
 * Makes `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, in base64. Sent in place of the password it keeps
 * that out of the server's log and of pg_stat_statements. Can't be used to log in, but is worth keeping quiet.
 */
export async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const { storedKey, serverKey } = deriveKeys(await saltPassword({ password, salt, iterations: ITERATIONS }))
  const [saltText, stored, server] = [salt, storedKey, serverKey].map(bytes => bytes.toString('base64'))
  return `SCRAM-SHA-256$${ITERATIONS}:${saltText}$${stored}:${server}`
}
