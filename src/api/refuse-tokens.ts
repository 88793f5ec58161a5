// Refuses requests that hold an API key token where none belongs: pasted in place of a name, an id or a description, it would
// be kept and shown to others. Only what a schema marks as `writeOnly`, as passwords are, may be one.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { holdsToken, redactTokens } from '../model/redact.js'
import { Problem } from './problem.js'

/** What a schema says of a value, as far as it matters here. */
interface Described {
  readonly writeOnly?: boolean
  readonly items?: Described
  readonly properties?: Readonly<Record<string, Described>>
}

/** Deeper than any body that a schema allows. */
const MAX_DEPTH = 10

/** Guards every route that is registered from now on, before anything of the request is looked at or stored. */
export function refuseTokens(app: FastifyInstance): void {
  app.addHook('preValidation', async request => {
    const { params, querystring, body } = (request.routeOptions.schema ?? {}) as Record<string, Described | undefined>
    // What a route does not take is not looked at by anybody.
    const inAddress = (params && find(request.params, params)) ?? (querystring && find(request.query, querystring))
    if (inAddress !== undefined) throw holding(inAddress, IN_ADDRESS)
    const inside = (body && find(request.body, body)) ?? headerWithToken(request)
    if (inside !== undefined) throw holding(inside, INSIDE)
  })
}

const REVOKE = 'revoke that key: POST /v1/keys/revoke takes the token'
const INSIDE = `If others may have seen it, ${REVOKE}.`
const IN_ADDRESS = `Addresses get into histories and logs, so ${REVOKE}.`

function holding(field: string, hint: string): Problem {
  const problem = 'holds an API key token; nothing was stored'
  return new Problem('invalid_request', `\`${field}\` ${problem}.`, {
    hint,
    facts: { errors: [{ field, problem, hint }] },
  })
}

/** Returns the path of the first text that holds a token, as in `scope.databases[0]`. */
function find(value: unknown, schema: Described | undefined, path = '', depth = 0): string | undefined {
  if (typeof value === 'string') return holdsToken(value) && !schema?.writeOnly ? path : undefined
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return undefined
  for (const [name, item] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${name}]` : [path, redactTokens(name)].filter(Boolean).join('.')
    const below = Array.isArray(value) ? schema?.items : schema?.properties?.[name]
    const found = holdsToken(name) ? at : find(item, below, at, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** Of the headers, these are kept or compared with what is; what clients call themselves is redacted when it is stored. */
function headerWithToken({ headers, routeOptions }: FastifyRequest): string | undefined {
  const { idempotent, etag } = routeOptions.config
  if (idempotent && holdsToken(String(headers['idempotency-key']))) return 'Idempotency-Key'
  return etag && holdsToken(String(headers['if-match'])) ? 'If-Match' : undefined
}
