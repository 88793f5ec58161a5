// The headers of requests and answers, as the OpenAPI document tells of them.

import { Type, type TSchema } from 'typebox'
import type { RouteOptions } from 'fastify'

type Headers = Record<string, TSchema>

/** Headers that a route reads beyond those that any does. */
export function requestHeaders({ config, method }: Pick<RouteOptions, 'config' | 'method'>): Headers {
  return {
    ...(config?.etag && method === 'PATCH' ? { 'if-match': IF_MATCH } : {}),
    ...(config?.idempotent ? { 'idempotency-key': IDEMPOTENCY_KEY } : {}),
  }
}

/** Headers of a route's answers with this status. */
export function answerHeaders({ config }: Pick<RouteOptions, 'config'>, status: number): Headers {
  return {
    ...(status < 300 || status === 429 ? RATE_LIMIT : {}),
    ...(status === 201 ? { Location: LOCATION } : {}),
    ...(status < 300 && config?.etag ? { ETag: ETAG } : {}),
    ...(status === 201 && config?.idempotent ? { 'Idempotency-Replayed': REPLAYED } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': WWW_AUTHENTICATE } : {}),
    ...(status === 429 || status === 503 || (status === 409 && config?.idempotent)
      ? { 'Retry-After': RETRY_AFTER }
      : {}),
  }
}

const text = (description: string) => Type.String({ description })
const count = (description: string) => Type.Integer({ description })

const IF_MATCH = Type.Optional(text('The ETag of the version that is edited: another one is not touched (412).'))
const ETAG = text('Names this version: send it as If-Match with an edit.')
const IDEMPOTENCY_KEY = Type.Optional(
  text('1 to 255 printable ASCII characters: makes it safe to send the request again within a day.'),
)
const REPLAYED = text('`true`: this is the answer that the same request had before.')
const LOCATION = text('Where it is shown.')
const WWW_AUTHENTICATE = text('The schemes that the API takes: Bearer and Key.')
const RETRY_AFTER = count('Seconds to wait before trying again.')
const RATE_LIMIT = {
  'X-RateLimit-Limit': count('Requests a minute that the address may send.'),
  'X-RateLimit-Remaining': count('Requests that are left of them.'),
  'X-RateLimit-Reset': count('Seconds until all of them are there again.'),
}
