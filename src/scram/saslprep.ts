/** SASLprep, which makes differently typed forms of one password equal (RFC 4013), as pg_saslprep of Postgres does. */
import * as tables from './stringprep-tables.js'

/**
 * Prepares a password for hashing. Never fails: a password that SASLprep prohibits (control characters, unassigned
 * code points, mixed directions, nothing left) is returned as it came, because both ends of Postgres go on with the raw
 * password then. Linear in its length.
 */
export function saslprep(text: string): string {
  if (isAscii(text)) return text
  const mapped = map(text)
  // Postgres judges the mapped characters, not the normalized ones as the RFC has it; we must agree with Postgres.
  if (mapped.length === 0 || mapped.some(isProhibited) || breaksDirection(mapped)) return text
  return mapped
    .map(codePoint => String.fromCodePoint(codePoint))
    .join('')
    .normalize('NFKC')
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are ASCII too
  return /^[\x00-\x7f]*$/.test(text)
}

/** RFC 4013 s.2.1. U+200B stands in both tables; Postgres makes it a space. */
function map(text: string): number[] {
  const mapped: number[] = []
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0
    if (tables.contains(tables.nonAsciiSpace, codePoint)) mapped.push(0x20)
    else if (!tables.contains(tables.mappedToNothing, codePoint)) mapped.push(codePoint)
  }
  return mapped
}

/** RFC 4013 s.2.3 and s.2.5. */
function isProhibited(codePoint: number): boolean {
  return tables.contains(tables.prohibited, codePoint) || tables.contains(tables.unassigned, codePoint)
}

/** RFC 3454 s.6: text with a right-to-left character has no left-to-right one, and begins and ends right to left. */
function breaksDirection(codePoints: number[]): boolean {
  const isRightToLeft = (codePoint: number | undefined) => tables.contains(tables.randALCat, codePoint ?? 0)
  if (!codePoints.some(isRightToLeft)) return false
  if (codePoints.some(codePoint => tables.contains(tables.lCat, codePoint))) return true
  return !isRightToLeft(codePoints[0]) || !isRightToLeft(codePoints.at(-1))
}
