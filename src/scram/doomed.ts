/**
 * An exchange that can't succeed, for accounts that don't exist: from outside it looks like a wrong password, in what
 * is sent and in the work done (as mock authentication in postgres auth-scram.c).
 */
import { randomBytes } from 'node:crypto'
import { KEY_BYTES, type ScramKeys } from './keys.js'

// Nobody knows a password for these: StoredKey is not the hash of anything anybody has seen.
const KEYS: ScramKeys = { storedKey: randomBytes(KEY_BYTES), serverKey: randomBytes(KEY_BYTES) }

/** Returns keys that no proof matches, random for each process. */
export function doomedKeys(): ScramKeys {
  return KEYS
}
