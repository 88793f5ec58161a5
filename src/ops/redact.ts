// Keeps secrets out of the log. It works on the finished line, so it sees what serializers, child loggers and errors
// added: tokens and passwords of URLs are cut out of whichever string they hid in, and fields whose name says "secret"
// lose their value, however deep they are nested.

const TOKEN_PREFIX = 'pstn_'
// Wider than a whole token, so that one cut short or mistyped is censored too.
const TOKEN_LIKE = /pstn_\w+/g
const URL_PASSWORD = /(:\/\/[^\s:@/"]*):[^\s@/"]+@/g
const SECRET_NAME = /passw(or)?d|passphrase|token|secret|authorization|cookie|credential|private_?key/i
const CENSORED = '[redacted]'

/**
 * Censors a line of JSON and keeps its line end. A line without anything suspicious costs a few searches; one that
 * mentions a secret is parsed and written anew.
 */
export function redactLine(line: string): string {
  const text = redactText(line)
  if (!SECRET_NAME.test(text) && !text.includes('"Buffer"')) return text
  return `${JSON.stringify(JSON.parse(text, censorField))}\n`
}

/** Cuts tokens and the passwords of URLs out of a text, JSON included: neither can hold a quote or a backslash. */
export function redactText(text: string): string {
  const tokenless = text.includes(TOKEN_PREFIX) ? text.replace(TOKEN_LIKE, `${TOKEN_PREFIX}${CENSORED}`) : text
  return tokenless.includes('://') ? tokenless.replace(URL_PASSWORD, `$1:${CENSORED}@`) : tokenless
}

function censorField(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name) && mayHoldSecret(value)) return CENSORED
  // Raw bytes may be anything: a proof, a password message, a query.
  if (isBuffer(value)) return `[${String(value.data.length)} bytes]`
  return value
}

/** A number, a flag or null under such a name is a count or a setting, and tells nothing. */
function mayHoldSecret(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
}

/** What Buffer's toJSON made. */
function isBuffer(value: unknown): value is { data: unknown[] } {
  if (typeof value !== 'object' || value === null) return false
  return 'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data)
}
