// API-key tokens: `pstn_` + 12 base62 of key id + `_` + 43 base62 of 32 random bytes + 6 base62 of a CRC-32 over all
// before it. The checksum refuses a typo without a look-up, and lets secret scanners report without false alarms.

import { randomBytes, randomInt } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const PREFIX = 'pstn_'
const KEY_ID_LENGTH = 12
const SECRET_BYTES = 32
const SECRET_LENGTH = 43 // 62^43 > 2^256
const CHECKSUM_LENGTH = 6 // 62^6 > 2^32
const TOKEN_LENGTH = PREFIX.length + KEY_ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH

const TOKEN_PATTERN = /^pstn_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}$/

export interface MintedToken {
  readonly keyId: string
  /** The secret: show it once, then forget it. */
  readonly token: string
}

/** Mints a token with 256 bits from the system's random source. */
export function mintToken(): MintedToken {
  const keyId = Array.from({ length: KEY_ID_LENGTH }, () => ALPHABET[randomInt(62)]).join('')
  const body = `${PREFIX}${keyId}_${base62(BigInt('0x' + randomBytes(SECRET_BYTES).toString('hex')), SECRET_LENGTH)}`
  return { keyId, token: body + checksum(body) }
}

/** Reads the key id out of a token; null when the form or the checksum is wrong. Says nothing about validity. */
export function parseToken(token: string): { readonly keyId: string } | null {
  if (token.length !== TOKEN_LENGTH) return null
  const keyId = TOKEN_PATTERN.exec(token)?.[1]
  if (keyId === undefined) return null
  // Not a secret comparison: anyone can compute the checksum.
  return token.endsWith(checksum(token.slice(0, -CHECKSUM_LENGTH))) ? { keyId } : null
}

function checksum(body: string): string {
  return base62(BigInt(crc32(Buffer.from(body, 'latin1'))), CHECKSUM_LENGTH)
}

function base62(value: bigint, length: number): string {
  let digits = ''
  for (let rest = value; digits.length < length; rest /= 62n) digits = ALPHABET.charAt(Number(rest % 62n)) + digits
  return digits
}

/** CRC-32 as in ISO 3309 and zlib. Own code because node:zlib has it from Node 22 only. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
