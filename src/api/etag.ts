// Entity tags: an edit may say which version it is of (If-Match), so that nobody overwrites what they have not seen.
// RFC 9110 s.8.8.3 and s.13.1.1.

import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { lockChanges, type Transaction } from '../store/transaction.js'
import { Problem } from './problem.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers carry the ETag of what they show. Of a PATCH: it takes If-Match, and reads with `readForEdit`. */
    etag?: boolean
  }
}

/** Fields that no edit sets and that change without one, wherever they stand: no edit is refused because of them. */
const VOLATILE: ReadonlySet<string> = new Set([
  'active_keys',
  'last_used',
  'last_used_at',
  'last_seen_at',
  'members',
  'grants',
])

/** Makes the strong entity tag of what the API shows. */
export function etagOf(shown: object): string {
  const text = JSON.stringify(shown, (field, value: unknown) => (VOLATILE.has(field) ? undefined : value))
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}

/** Sends ETags from the routes that are registered from now on and ask for it. */
export function sendEtags(app: FastifyInstance): void {
  app.addHook('preSerialization', async (request, reply, shown) => {
    const isShown = request.routeOptions.config.etag && reply.statusCode < 300
    if (isShown && typeof shown === 'object' && shown !== null) reply.header('etag', etagOf(shown))
    return shown
  })
}

/** Reads what the request edits, as the API shows it, and holds off every other edit until the transaction ends.
 * @throws Problem `changed_meanwhile`: it is not the version that If-Match names */
export async function readForEdit<T extends object>(
  tx: Transaction,
  request: Pick<FastifyRequest, 'headers'>,
  read: () => Promise<T>,
): Promise<T> {
  await lockChanges(tx)
  const current = await read()
  const wanted = request.headers['if-match']
  if (wanted !== undefined && !matches(wanted, etagOf(current))) throw new Problem('changed_meanwhile')
  return current
}

/** A weak tag (`W/"…"`) never matches: the comparison is the strong one. */
function matches(ifMatch: string, etag: string): boolean {
  const tags = ifMatch.split(',').map(tag => tag.trim())
  return tags.includes('*') || tags.includes(etag)
}
