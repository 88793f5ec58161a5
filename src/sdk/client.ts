// The client of the REST API: openapi-fetch, typed by the API's own document. What the API says no with is thrown.

import createClient, { type Client, type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch'
import type { ClientPathsWithMethod } from 'openapi-fetch'
import { toApiError } from './api-error.js'
import { CREATIONS } from './creations.js'
import type { paths } from './openapi.js'
import { withRetries } from './retry.js'

export { ApiError } from './api-error.js'

export interface PosternOptions {
  /** Where the API is, without `/v1`: `https://postern.example.com`. */
  readonly url: string
  /** The token of a key. Empty: for what needs no login. */
  readonly token: string
  /** Sends one request. Default: the global fetch. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** The longest that one attempt may take. Default 30000. */
  readonly timeoutMs?: number
  /** How often a call that failed in passing is sent again: a GET, or a creation with its Idempotency-Key; nothing else
   * ever is. Default 2. */
  readonly retries?: number
  /** Called for each attempt of a creation whose answer was lost, with the cause: what was asked for may exist. */
  readonly onLostAnswer?: (cause: unknown) => void
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Init<Path extends keyof paths, M extends Method> = MaybeOptionalInit<paths[Path], M>
type Data<Path extends keyof paths, M extends Method> = NonNullable<
  FetchResponse<NonNullable<paths[Path][M]>, object, `${string}/${string}`>['data']
>

type Call<M extends Method> = <Path extends ClientPathsWithMethod<Client<paths>, M>>(
  path: Path,
  ...init: undefined extends Init<Path, M> ? [init?: Init<Path, M>] : [init: Init<Path, M>]
) => Promise<{
  /** The body of the answer; undefined where there is none (204). */
  readonly data: Data<Path, M>
  readonly response: Response
}>

/** One method for each of HTTP, called with a path of the document: `GET('/v1/databases/{name}', { params: { path: {
 * name } } })`. Rejects with ApiError when the API says no, with a `TimeoutError` when an attempt takes too long, and
 * with fetch's TypeError when the API can't be reached.
 *
 * Creations are sent with an Idempotency-Key of their own, so that one whose answer was lost is not made twice. To send one
 * again after the process has died, give the key: `POST(path, { params: { header: { 'idempotency-key': key } } })`. A
 * creation whose answer held a token is then refused with `already_created`; `error.problem.location` says what it made.
 *
 * An edit of what was looked at, and of nothing newer:
 *
 *     const { response } = await postern.GET('/v1/keys/{id}', { params: { path: { id } } })
 *     const header = { 'if-match': response.headers.get('etag') ?? '*' }
 *     await postern.PATCH('/v1/keys/{id}', { params: { path: { id }, header }, body: { name: 'cron' } })
 *
 * A list, page by page:
 *
 *     let cursor: string | null | undefined
 *     do {
 *       const query = cursor ? { cursor } : {}
 *       const { data } = await postern.GET('/v1/databases', { params: { query } })
 *       for (const { name } of data.items) console.log(name)
 *       cursor = data.next_cursor
 *     } while (cursor) */
export interface PosternClient {
  readonly GET: Call<'get'>
  readonly POST: Call<'post'>
  readonly PUT: Call<'put'>
  readonly PATCH: Call<'patch'>
  readonly DELETE: Call<'delete'>
}

const TIMEOUT_MS = 30_000
const RETRIES = 2
const KEY = 'idempotency-key'

/** Makes a client. It opens nothing, so there is nothing to close; the token can't be read out of it.
 * @throws TypeError for a URL that is not http or https */
export function createPostern(options: PosternOptions): PosternClient {
  const { url, token, fetch = globalThis.fetch, timeoutMs = TIMEOUT_MS, retries = RETRIES, onLostAnswer } = options
  const client = createClient<paths>({
    baseUrl: baseUrl(url),
    headers: { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    // A redirect is not followed: the token would go where nobody meant it to.
    redirect: 'error',
    fetch: withRetries(fetch, { timeoutMs, retries, ...(onLostAnswer && { onLostAnswer }) }),
  })
  client.use({
    onRequest: ({ request, schemaPath }) => {
      const isCreation = request.method === 'POST' && CREATIONS.has(schemaPath)
      if (isCreation && !request.headers.has(KEY)) request.headers.set(KEY, randomKey())
      return request
    },
    onResponse: async ({ response }) => {
      if (!response.ok) throw await toApiError(response)
    },
  })
  const { GET, POST, PUT, PATCH, DELETE } = client
  return { GET, POST, PUT, PATCH, DELETE } as unknown as PosternClient
}

// Not crypto.randomUUID: browsers have that for pages of https and of localhost only.
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

function baseUrl(url: string): string {
  const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' }
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('the URL of the API must be http or https')
  return url.replace(/\/+$/, '')
}
