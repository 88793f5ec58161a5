// API-key tokens: mints and reads them. The checksum refuses a typo without a look-up, and lets secret scanners report without
// false alarms.

import { randomBytes, randomInt } from 'node:crypto'
import {
  base62,
  base62Digit,
  checksum,
  KEY_ID_LENGTH,
  keyIdOfWhole,
  PREFIX,
  SECRET_LENGTH,
} from '../model/token-format.js'

const SECRET_BYTES = 32

export interface MintedToken {
  readonly keyId: string
  /** The secret: show it once, then forget it. */
  readonly token: string
}

/** Mints a token with 256 bits from the system's random source. */
export function mintToken(): MintedToken {
  const keyId = Array.from({ length: KEY_ID_LENGTH }, () => base62Digit(randomInt(62))).join('')
  const secret = base62(BigInt('0x' + randomBytes(SECRET_BYTES).toString('hex')), SECRET_LENGTH)
  const body = `${PREFIX}${keyId}_${secret}`
  return { keyId, token: body + checksum(body) }
}

/** Reads the key id out of a token; null when the form or the checksum is wrong. Says nothing about validity. */
export function parseToken(token: string): { readonly keyId: string } | null {
  const keyId = keyIdOfWhole(token)
  return keyId === null ? null : { keyId }
}
