/**
 * Salt and iteration count that a server states in its server-first-message (RFC 5802, section 5.1): of an account, and
 * of a name that no account has. Both are made here, of the same constants: a client that sees another length or count for
 * unknown names learns which accounts exist.
 */
import { createHmac, randomBytes } from 'node:crypto'

export interface ScramParameters {
  readonly salt: Buffer
  readonly iterations: number
}

/** SCRAM_DEFAULT_SALT_LEN, postgres src/include/common/scram-common.h. */
export const SALT_BYTES = 16

/**
 * The least that some drivers accept. A token has 256 random bits, so more iterations would buy nothing. Accounts keep the
 * count that they were created with: after a change of this number, old ones differ from unknown names.
 */
export const ITERATIONS = 4096

/** Makes the parameters that all keys of a new account share. */
export function newParameters(): ScramParameters {
  return { salt: randomBytes(SALT_BYTES), iterations: ITERATIONS }
}

/**
 * Returns the parameters of a name that no account has: the same at every call and on every instance that has the same
 * secret. A salt that changed from login to login would reveal that there is no such account.
 */
export function doomedParameters(name: string, secret: Buffer): ScramParameters {
  const mac = createHmac('sha256', secret).update('doomed salt\0').update(name).digest()
  return { salt: mac.subarray(0, SALT_BYTES), iterations: ITERATIONS }
}
