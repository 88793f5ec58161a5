// Holds every answer of the API's tests to the OpenAPI document: its status, headers, media type and every field.

import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

interface Answer {
  readonly headers?: Readonly<Record<string, object>>
  readonly content?: Readonly<Record<string, { schema: unknown }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, Answer> }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

type Check = (method: string, url: string, response: LightMyRequestResponse) => void

/** Sent with some answers of a status only. */
const SOMETIMES: ReadonlySet<string> = new Set(['idempotency-replayed', 'retry-after', 'set-cookie'])

/** Makes a check that throws for an answer which the API's document does not tell of. */
export function conformanceOf(app: FastifyInstance): Check {
  const document = app.swagger() as unknown as Document
  const paths = Object.keys(document.paths).map(path => ({ path, pattern: toPattern(path) }))
  // `/keys/revoke` before `/keys/{id}`.
  paths.sort((a, b) => a.path.split('{').length - b.path.split('{').length)
  const compiled = new Map<unknown, ReturnType<typeof Compile>>()

  return (method, url, response) => {
    const [path = ''] = url.split('?')
    const operation = paths
      .filter(({ pattern }) => pattern.test(path))
      .map(found => document.paths[found.path]?.[method.toLowerCase()])
      .find(found => found !== undefined)
    if (!operation) return
    const what = `${method} ${path} ${response.statusCode}`
    const answer = operation.responses[response.statusCode]
    if (!answer) throw new Error(`${what} is not in the document: ${response.payload.slice(0, 300)}`)
    for (const name of Object.keys(answer.headers ?? {}).map(header => header.toLowerCase())) {
      if (!SOMETIMES.has(name) && response.headers[name] === undefined) throw new Error(`${what} lacks ${name}`)
    }
    checkBody(what, answer, response)
  }

  function checkBody(what: string, { content }: Answer, { headers, payload }: LightMyRequestResponse): void {
    if (!content) {
      if (payload !== '') throw new Error(`${what} has a body`)
      return
    }
    const type = String(headers['content-type']).split(';')[0] ?? ''
    const schema = content[type]?.schema
    if (schema === undefined) throw new Error(`${what} is ${type}`)
    const texts = type === 'application/x-ndjson' ? payload.split('\n').slice(0, -1) : [payload]
    const validator = compiled.get(schema) ?? Compile(strict(schema, document) as TSchema)
    compiled.set(schema, validator)
    for (const body of texts.map(text => JSON.parse(text) as unknown)) {
      if (!validator.Check(body)) {
        throw new Error(`${what}: ${JSON.stringify([...validator.Errors(body)])} ${payload.slice(0, 500)}`)
      }
    }
  }
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
}

/** The schema with its references resolved, and without room for fields that it does not name. */
function strict(schema: unknown, document: Document): unknown {
  if (Array.isArray(schema)) return schema.map(part => strict(part, document))
  if (typeof schema !== 'object' || schema === null) return schema
  if ('$ref' in schema) {
    const name = String(schema.$ref).replace('#/components/schemas/', '')
    return strict(document.components.schemas[name], document)
  }
  const parts = Object.entries(schema).map(([name, part]) => [name, strict(part, document)])
  return { ...('properties' in schema ? { additionalProperties: false } : {}), ...Object.fromEntries(parts) } as object
}
