// The OpenAPI 3.1 document, made from the routes' own schemas, and the pages that show it.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { Type } from 'typebox'
import { CSRF_HEADER } from './console-cookie.js'
import { isSafe } from './cross-site.js'
import { answerHeaders, requestHeaders } from './documented-headers.js'
import type { Permission } from './permissions.js'
import { ProblemSchema } from './problem.js'
import { PROBLEMS, type ProblemCode } from './problems.js'

const DOCS = '/docs'
const DOCUMENT = '/openapi.json'

const DESCRIPTION = `Postern hands out API keys instead of database passwords, and takes them back.

Send a token as \`Authorization: Bearer TOKEN\` or \`Authorization: Key TOKEN\`, or sign in: with the cookie, requests
that change things need its \`csrf_token\` in the header \`${CSRF_HEADER}\`. Every error is a problem document
(RFC 9457) with a stable \`code\`. Lists take \`limit\` and \`cursor\`, and answer \`items\` and \`next_cursor\`.

Creations take an \`Idempotency-Key\`: sent again with it, unchanged and within a day, a request gets its first answer,
and nothing is made twice. Edits take \`If-Match\` with the \`ETag\` of the version that was looked at.`

/** Serves the document at /openapi.json and its pages at /docs. To be called before the routes are registered. */
export async function documentRoutes(app: FastifyInstance, version: string, cookie: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Postern', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The token of a key.' },
          cookie: { type: 'apiKey', in: 'cookie', name: cookie, description: 'Of a person who is signed in.' },
        },
      },
      security: [{ token: [] }, { cookie: [] }],
    },
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => ({ schema: whole(schema, route), url }),
    transformObject: document => ('openapiObject' in document ? nameSchemas(document.openapiObject) : {}),
  })
  await app.register(swaggerUi, {
    routePrefix: DOCS,
    staticCSP: true,
    transformStaticCSP: () => DOCS_POLICY,
    uiConfig: { deepLinking: true, persistAuthorization: false },
  })
  app.get(DOCUMENT, { config: { permission: 'public' }, schema: { hide: true } }, () => app.swagger())
}

/** Tells whether a route belongs to the document's pages, which anyone may see. */
export function isDocumentUrl(url: string): boolean {
  return url === DOCS || url.startsWith(`${DOCS}/`)
}

// Swagger UI sets styles inline; its scripts are files.
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const ALWAYS: readonly ProblemCode[] = ['too_many_requests', 'internal_error']
const WITH_TOKEN: readonly ProblemCode[] = ['login_needed', 'credentials_rejected', 'session_ended', 'busy']
const WITH_BODY: readonly ProblemCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type']

const WITH_IDEMPOTENCY_KEY: readonly ProblemCode[] = [
  'request_under_way',
  'already_created',
  'idempotency_key_reused',
  'conflict',
]

/** Lists every problem that a route can have. */
function problemsOf({ config, schema, url, method }: RouteOptions): ProblemCode[] {
  const permission: Permission = config?.permission ?? 'admin'
  const parts = schema ?? {}
  const isChange = ![method].flat().every(isSafe)
  const takesInput = parts.params !== undefined || parts.querystring !== undefined || parts.body !== undefined
  return [
    ...ALWAYS,
    ...(permission === 'public' ? [] : WITH_TOKEN),
    ...(isChange ? (['foreign_origin'] as const) : []),
    ...(isChange && permission !== 'public' ? (['csrf_token_rejected'] as const) : []),
    ...(permission === 'public' || permission === 'account' ? [] : (['permission_denied'] as const)),
    ...(takesInput ? (['invalid_request'] as const) : []),
    ...(parts.params === undefined ? [] : (['malformed_url', 'url_too_long'] as const)),
    ...(parts.body === undefined ? [] : WITH_BODY),
    ...(config?.idempotent ? WITH_IDEMPOTENCY_KEY : []),
    ...(config?.etag && method === 'PATCH' ? (['changed_meanwhile'] as const) : []),
    ...(url.startsWith('/v1/') ? (['store_unavailable', 'store_not_migrated'] as const) : []),
    ...(config?.problems ?? []),
  ]
}

/** Adds what the route's schema does not say: its problems, which are not serialized by schema, and its headers. */
function whole(schema: FastifySchema | undefined, route: RouteOptions): FastifySchema {
  if (!schema || schema.hide) return { hide: true }
  const answers = { ...(schema.response as Record<string, object>), ...problemAnswers(route) }
  const response = Object.entries(answers).map(([status, answer]) => [
    status,
    { ...answer, headers: answerHeaders(route, Number(status)) },
  ])
  const headers = requestHeaders(route)
  return {
    ...schema,
    ...(Object.keys(headers).length > 0 && { headers: Type.Object(headers) }),
    response: Object.fromEntries(response) as object,
  }
}

function problemAnswers(route: RouteOptions): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of problemsOf(route)) {
    const { status } = PROBLEMS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemAnswer(codes)]))
}

function problemAnswer(codes: readonly ProblemCode[]): object {
  const description = codes.map(code => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n')
  return { description, content: { 'application/problem+json': { schema: ProblemSchema } } }
}

/** Moves every schema with a title to the document's components, so that tools give it one name. */
function nameSchemas<T extends { components?: object; paths?: unknown }>(document: T): T {
  const schemas: Record<string, unknown> = {}
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit)
    if (typeof value !== 'object' || value === null) return value
    const { title, ...rest } = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, visit(part)]))
    if (typeof title !== 'string' || rest['type'] !== 'object') return title === undefined ? rest : { title, ...rest }
    const other = (schemas[title] ??= rest)
    if (JSON.stringify(other) !== JSON.stringify(rest)) throw new TypeError(`two schemas have the title ${title}`)
    return { $ref: `#/components/schemas/${title}` }
  }
  const paths = visit(document.paths)
  return { ...document, paths, components: { ...document.components, schemas } }
}
