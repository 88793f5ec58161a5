// Every place of an API in which a client could put a token by mistake, read from its OpenAPI document: so a new route or a
// new field is tried without a word.

/** A part of JSON Schema, as the document has it. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** A request that holds the token in one place. */
export interface Attempt {
  /** As in `POST /v1/groups body.name`. */
  readonly place: string
  readonly method: string
  readonly path: string
  readonly body: object | null
  readonly headers: Readonly<Record<string, string>>
}

/** @param names what path parameters are otherwise, by their name */
export function placesOf(document: ApiDocument, token: string, names: Readonly<Record<string, string>>): Attempt[] {
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations).flatMap(([verb, operation]) => {
      const method = verb.toUpperCase()
      const parameters = operation.parameters ?? []
      const pathNames = parameters.filter(parameter => parameter.in === 'path').map(({ name }) => name)
      const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema
      const bodies = schema ? fill(schema, document, token) : []
      const plain = schema ? (bodies.find(({ at }) => at === null)?.value as object) : null
      const attempt = (place: string, parts: { params?: object; query?: string; body?: object; headers?: object }) => ({
        place: `${method} ${template} ${place}`,
        method,
        path: toPath(template, { ...names, ...parts.params }) + (parts.query ?? ''),
        body: parts.body ?? plain,
        headers: { ...parts.headers } as Record<string, string>,
      })
      return [
        ...pathNames.map(name => attempt(`path.${name}`, { params: { [name]: token } })),
        ...parameters
          .filter(parameter => parameter.in === 'query')
          .map(({ name }) => attempt(`query.${name}`, { query: `?${name}=${encodeURIComponent(token)}` })),
        attempt('query, unknown', { query: `?${encodeURIComponent(token)}=${encodeURIComponent(token)}` }),
        ...bodies.flatMap(({ at, value }) => (at === null ? [] : [attempt(`body.${at}`, { body: value as object })])),
        ...(plain ? [attempt('body, unknown', { body: { ...plain, [token]: { deep: [token] } } })] : []),
        ...KEPT.map(name => attempt(`header ${name}`, { headers: { [name]: token } })),
        attempt('other headers', { headers: Object.fromEntries(OTHERS.map(name => [name, token])) }),
      ]
    }),
  )
}

const KEPT = ['idempotency-key', 'if-match']
const OTHERS = ['user-agent', 'x-forwarded-for', 'x-unknown', 'cookie', 'referer', 'x-csrf-token']

function toPath(template: string, names: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? 'none'))
}

interface Filled {
  /** Where the token is; null: nowhere. */
  readonly at: string | null
  readonly value: unknown
}

/** Makes values of a schema: one without the token for each form, and one with it for each text. */
function fill(schema: Schema, document: ApiDocument, token: string): Filled[] {
  const name = schema.$ref?.split('/').at(-1)
  if (name !== undefined) return fill(document.components.schemas[name] ?? {}, document, token)
  if (schema.anyOf) return schema.anyOf.flatMap(form => fill(form, document, token))
  const type = [schema.type].flat()[0]
  if (type === 'object') return fillObject(schema, document, token)
  if (type === 'array') {
    const items = fill(schema.items ?? {}, document, token)
    return items.map(({ at, value }) => ({ at: at === null ? null : `[0]${at}`, value: [value] }))
  }
  if (type === 'string')
    return [{ at: null, value: sample(schema) }, ...(schema.enum ? [] : [{ at: '', value: token }])]
  return [{ at: null, value: type === 'boolean' ? false : (schema.minimum ?? 1) }]
}

function fillObject({ properties = {}, required = [] }: Schema, document: ApiDocument, token: string): Filled[] {
  const fields = Object.entries(properties).map(([name, schema]) => ({ name, forms: fill(schema, document, token) }))
  const base = Object.fromEntries(
    fields.flatMap(({ name, forms }) =>
      required.includes(name) ? [[name, forms.find(({ at }) => at === null)?.value]] : [],
    ),
  )
  const filled = fields.flatMap(({ name, forms }) =>
    forms.map(({ at, value }) => ({
      at: at === null ? null : `${name}${at && `.${at}`}`,
      value: { ...base, [name]: value },
    })),
  )
  return [{ at: null, value: base }, ...filled.filter(({ at }) => at !== null)]
}

let made = 0

function sample({ enum: values, pattern = '' }: Schema): unknown {
  if (values) return values[0]
  if (pattern.includes('@')) return `new-${++made}@example.com`
  if (pattern.includes('postgres')) return 'postgres://nobody@127.0.0.1:1/none'
  return `sample-${++made}`
}
