// Keeps secrets out of the log. It works on the finished line, so it sees what serializers, child loggers and errors
// added: every text goes through the redactor, and fields whose name says "secret" lose their value, however deep they
// are nested.

import { mayHoldToken } from '../model/find-tokens.js'
import { redactDeep } from '../model/redact.js'

const SECRET_NAME = /passw(or)?d|passphrase|token|secret|authorization|cookie|credential|private_?key/i
const REDACTED = '[redacted]'

/**
 * Redacts a line of JSON and keeps its line end. A line without anything suspicious costs a few searches; one that
 * may hold a secret is parsed and written again.
 */
export function redactLine(line: string): string {
  if (!SECRET_NAME.test(line) && !mayHoldSecretText(line) && !line.includes('"Buffer"')) return line
  return `${JSON.stringify(redactDeep(JSON.parse(line, redactField)))}\n`
}

/** Whether there is anything that the redactor looks for; `password` is a secret name too. */
function mayHoldSecretText(line: string): boolean {
  return line.includes('://') || mayHoldToken(line)
}

function redactField(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name) && mayHoldSecret(value)) return REDACTED
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
