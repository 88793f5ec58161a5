// Answers requests that Node's HTTP parser gives up on: there is no route yet, and no reply, only a socket.
// https://nodejs.org/docs/latest-v20.x/api/http.html#event-clienterror

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import { Problem } from './problem.js'
import { PROBLEMS, type ProblemCode } from './problems.js'

const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Sends a problem document and closes the connection: what follows on it cannot be told from the broken request. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) socket.write(response(CODES[error.code ?? ''] ?? 'malformed_request'))
  socket.destroy(error)
}

function response(code: ProblemCode): string {
  const { status } = PROBLEMS[code]
  const body = JSON.stringify(new Problem(code).toDocument(`urn:uuid:${randomUUID()}`))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
