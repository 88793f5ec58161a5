// The form of an API key token: `pstn_` + 12 base62 of key id + `_` + 43 base62 of a secret + 6 base62 of a CRC-32 over all
// before it.

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
export const PREFIX = 'pstn_'
export const KEY_ID_LENGTH = 12
export const SECRET_LENGTH = 43 // 62^43 > 2^256
export const CHECKSUM_LENGTH = 6 // 62^6 > 2^32
export const TOKEN_LENGTH = PREFIX.length + KEY_ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH

const TOKEN_PATTERN = /^pstn_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}$/

/** Returns the key id of a whole token; null when the form or the checksum is wrong. */
export function keyIdOfWhole(token: string): string | null {
  if (token.length !== TOKEN_LENGTH) return null
  const keyId = TOKEN_PATTERN.exec(token)?.[1]
  if (keyId === undefined) return null
  // Not a secret comparison: anyone can compute the checksum.
  return token.endsWith(checksum(token.slice(0, -CHECKSUM_LENGTH))) ? keyId : null
}

/** Returns the checksum that belongs behind the rest of a token. */
export function checksum(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH)
}

/** Writes a number in a fixed count of base62 digits. */
export function base62(value: bigint, length: number): string {
  let digits = ''
  for (let rest = value; digits.length < length; rest /= 62n) digits = ALPHABET.charAt(Number(rest % 62n)) + digits
  return digits
}

/** Returns one of the 62 digits. */
export function base62Digit(value: number): string {
  return ALPHABET.charAt(value)
}

/** CRC-32 of ASCII as in ISO 3309 and zlib. Own code because node:zlib has it from Node 22 only. */
function crc32(text: string): number {
  let crc = 0xffffffff
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
