// Runs SQL over an upstream session of our own, for provisioning and proof: the simple query protocol, and nothing more.

import { Buffer } from 'node:buffer'
import { type BackendMessage, DatabaseError, DataRowMessage, RowDescriptionMessage } from 'pg-protocol/dist/messages'
import { Parser } from 'pg-protocol/dist/parser'
import * as frontend from '../wire/frontend.js'
import { withDeadline } from './deadline.js'
import type { UpstreamSession } from './login.js'
import { asUpstreamError, UpstreamError } from './upstream-error.js'

export type Row = Readonly<Record<string, string | null>>

export interface QueryLimits {
  readonly timeoutMs?: number
  /** All bytes of the answer. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal | undefined
}

/** The server's error. The message is the server's: for admins, not for clients. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  /** Five characters, PostgreSQL manual appendix A; empty when the server gave none. */
  readonly sqlstate: string

  constructor(sqlstate: string, message: string) {
    super(message)
    this.sqlstate = sqlstate
  }
}

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_BYTES = 1_048_576

/**
 * Runs one or more statements and returns the rows of the last one that has any, values as text. One query at a time.
 * @throws QueryError when the server answers with an error; the session goes on, in a failed transaction if in one
 * @throws UpstreamError when the connection fails, or the answer is too slow or too big; the leg is destroyed then
 */
export async function query(session: UpstreamSession, sql: string, limits: QueryLimits = {}): Promise<{ rows: Row[] }> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES, signal } = limits
  const { leg } = session
  try {
    const answer = await withDeadline({ step: 'upstream query', timeoutMs, signal }, async deadline => {
      leg.destroyOn(deadline)
      return receive(session, maxBytes, () => leg.socket.write(frontend.query(sql)))
    })
    leg.removeSink()
    if (answer.error) throw new QueryError(answer.error.code ?? '', answer.error.message)
    return { rows: answer.rows }
  } catch (error) {
    if (error instanceof QueryError) throw error
    leg.destroy()
    throw asUpstreamError(error === leg.failure ? 'unreachable' : 'protocol', 'upstream query', error)
  }
}

interface Answer {
  rows: Row[]
  error: DatabaseError | null
}

// One for each session: the server may send a notice between two queries, and a read may cut it in two.
const parsers = new WeakMap<UpstreamSession, Parser>()

function parserOf(session: UpstreamSession): Parser {
  const known = parsers.get(session)
  if (known !== undefined) return known
  const parser = new Parser()
  parser.parse(session.rest, () => {})
  parsers.set(session, parser)
  return parser
}

function receive(session: UpstreamSession, maxBytes: number, send: () => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { leg } = session
    const parser = parserOf(session)
    const collector = new Collector()
    let bytes = 0
    leg.onError = reject
    leg.onEnd = () => reject(new UpstreamError('unreachable', 'upstream query: the server closed the connection'))
    leg.onClose = leg.onEnd
    leg.setSink(chunk => {
      bytes += chunk.length
      if (bytes > maxBytes) {
        reject(new UpstreamError('protocol', `upstream query: the answer has more than ${maxBytes} bytes`))
        return false
      }
      try {
        // Copied, because rows are views of what the parser is given.
        parser.parse(Buffer.from(chunk), message => collector.take(message))
      } catch (error) {
        reject(asUpstreamError('protocol', 'upstream query', error))
        return false
      }
      if (collector.isComplete) resolve(collector)
      return true
    })
    send()
  })
}

class Collector implements Answer {
  rows: Row[] = []
  error: DatabaseError | null = null
  isComplete = false
  #names: string[] = []

  take(message: BackendMessage): void {
    if (message instanceof RowDescriptionMessage) {
      this.#names = message.fields.map(field => field.name)
      this.rows = []
    } else if (message instanceof DataRowMessage) {
      const values = message.fields as (string | null)[]
      this.rows.push(Object.fromEntries(this.#names.map((name, at) => [name, values[at] ?? null])))
    } else if (message instanceof DatabaseError) {
      this.error ??= message
    } else if (message.name === 'readyForQuery') {
      this.isComplete = true
    }
  }
}
