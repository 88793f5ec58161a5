/**
 * An exchange that can't succeed, for accounts that don't exist: from outside it looks like a wrong password, in what
 * is sent and in the work done (as mock authentication in postgres auth-scram.c).
 */
import { createHmac, randomBytes } from 'node:crypto'
import { KEY_BYTES, SALT_BYTES, type ScramKeys } from './keys.js'

// Nobody knows a password for these: StoredKey is not the hash of anything anybody has seen.
const KEYS: ScramKeys = { storedKey: randomBytes(KEY_BYTES), serverKey: randomBytes(KEY_BYTES) }

/**
 * Returns the salt of an account that does not exist: 16 bytes (as for real ones), the same at every call and on every
 * instance that has the same secret. A salt that changed from login to login would tell that there is no such account.
 */
export function doomedSalt(name: string, secret: Buffer): Buffer {
  return createHmac('sha256', secret).update('doomed salt\0').update(name).digest().subarray(0, SALT_BYTES)
}

/** Returns keys that no proof matches, random for each process. */
export function doomedKeys(): ScramKeys {
  return KEYS
}
