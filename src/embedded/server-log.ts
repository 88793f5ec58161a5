// Reads the server's log: line by line, within bounds, and for the reason why a start failed. The language is English,
// whatever the caller's locale, because the server runs with LC_ALL=C.

import type { Readable } from 'node:stream'
import { EmbeddedError } from './embedded-error.js'

/** Logged once the server accepts connections (postgres src/backend/postmaster/postmaster.c). */
export const READY = 'database system is ready to accept connections'

/** How many lines are kept to explain a failed start. */
export const KEPT_LINES = 20

const MAX_LINE_CHARACTERS = 8_192

/** Calls `onLine` for each line without its end; a longer line than 8,192 characters comes in pieces. */
export function readLines(source: Readable, onLine: (line: string) => void): void {
  let rest = ''
  source.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
    if (rest.length < MAX_LINE_CHARACTERS) return
    onLine(rest)
    rest = ''
  })
}

/** The error for a server that ended, or wasn't ready in time, from the last lines of its log. */
export function startFailure(port: number, lastLines: readonly string[]): EmbeddedError {
  const text = lastLines.join('\n')
  if (/could not bind .*Address already in use/.test(text)) {
    return new EmbeddedError(
      'port_busy',
      `port ${port} of 127.0.0.1 is in use by another program: stop it, or choose another port`,
    )
  }
  if (/No space left on device|Disk quota exceeded/.test(text)) {
    return new EmbeddedError('no_space', `no space left for the embedded Postgres:\n${text}`)
  }
  return new EmbeddedError('start_failed', `the embedded Postgres did not start:\n${text}`)
}
