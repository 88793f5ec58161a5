// The only redactor: removes API key tokens, the user info of URLs and passwords of connection strings from text that is
// stored, logged or returned. Pure, linear in time and idempotent.

import { findTokens, type FoundToken } from './find-tokens.js'

const REDACTED = '[redacted]'

/** How much of a token a text must hold to count as one: its key id and 7 characters of its secret. */
const ENOUGH = 20
/** One that no backslash escapes. */
const QUOTE = /(?<!\\)(?:\\\\)*"/
/** What stands between two strings in JSON. */
const JSON_BETWEEN = /^(?:[\s,:[\]{}\d.eE+-]|true|false|null)*$/

// From the first `://` of a word on. A password may hold anything, also what should have been percent-encoded.
const URL_AUTHORITY = /:\/\/\S*/g
// libpq's keyword/value and query forms. `&` ends a value only where another parameter follows.
const UNQUOTED = '(?:[^\\s&]|&(?!\\w+=))'
const PASSWORD = new RegExp(`(password\\s*=\\s*)((?:'(?:[^'\\\\]|\\\\[^])*'?)?${UNQUOTED}*)`, 'gi')
const TOKEN_ID = /pstn_[0-9A-Za-z]{12}_\[redacted\]/

/** Redacts a text: tokens but for their public key id, the user info of URLs, and values of `password=`. */
export function redactText(text: string): string {
  let redacted = redactTokens(text)
  if (redacted.includes('://')) redacted = redacted.replace(URL_AUTHORITY, redactUserInfo)
  return /password/i.test(redacted) ? redacted.replace(PASSWORD, redactPassword) : redacted
}

/** Redacts a text that may be missing. */
export function redactOrNull(text: string | null): string | null {
  return text === null ? null : redactText(text)
}

/** Redacts tokens only. What was JSON stays JSON. A key id stays when it stands where it should, so that an admin knows which
 * key to revoke: `pstn_bF22HzQKxZVD_[redacted]`. */
export function redactTokens(text: string): string {
  let redacted = ''
  let done = 0
  for (const found of findTokens(text)) {
    redacted += text.slice(done, found.from) + stubOf(found, text)
    done = found.to
  }
  return redacted + text.slice(done)
}

/** Redacts every string in a value of JSON, names of fields too. */
export function redactDeep<T>(value: T, redact: (text: string) => string = redactText): T {
  return redactValue(value, redact) as T
}

/** Whether a text holds a token, or so much of one that it must not be kept as a name or a description. */
export function holdsToken(text: string): boolean {
  return findTokens(text).some(({ length }) => length >= ENOUGH)
}

/** Makes a name or a description fit to be kept: a token in it is redacted. */
export function withoutToken<T extends string | null | undefined>(text: T): T | string {
  return typeof text === 'string' && holdsToken(text) ? redactTokens(text) : text
}

/** Finds the public key id of a token that a text begins with; null: it begins with none. */
export function keyIdOf(text: string): string | null {
  return /^pstn_([0-9A-Za-z]{12})_/.exec(redactTokens(text))?.[1] ?? null
}

function stubOf({ from, to, keyId }: FoundToken, text: string): string {
  const stub = keyId === null ? `pstn_${REDACTED}` : `pstn_${keyId}_${REDACTED}`
  // In JSON a quote ends a string, and what may stand up to the next one is no part of a token.
  const strings = text.slice(from, to).split(QUOTE).slice(1)
  const isBetween = (part: string, index: number) => index % 2 === 0 && JSON_BETWEEN.test(part)
  return [stub, ...strings.map((part, index) => (isBetween(part, index) ? part : REDACTED))].join('"')
}

function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(item => redactValue(item, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [redact(name), redactValue(item, redact)]))
}

function redactUserInfo(rest: string): string {
  const end = rest.lastIndexOf('@')
  return end === -1 ? rest : `://${stub(rest.slice(0, end))}${rest.slice(end)}`
}

function redactPassword(whole: string, before: string, value: string): string {
  return value === '' ? whole : `${before}${stub(value)}`
}

/** What stands in place of a secret: the id of the token that it was, if it was one. */
function stub(secret: string): string {
  return TOKEN_ID.exec(secret)?.[0] ?? REDACTED
}
