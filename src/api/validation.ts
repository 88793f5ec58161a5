// Checks requests against their schemas, and says of every mistake at once: where, what is wrong, what it should be.

import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { Problem, type FieldError } from './problem.js'

// A list of a thousand mistakes helps nobody.
const MAX_ERRORS = 20
// TypeBox stops at eight, and counts those of every form of a union: the form that was meant might not be told from others.
Settings.Set({ maxErrors: 100 })

/** Compiles a validator. Texts of path and query are converted to what the schema asks for; bodies are not. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema)
  return (value: unknown) => {
    const converted = httpPart === 'body' ? value : Value.Convert(schema, value)
    if (compiled.Check(converted)) return { value: converted }
    const errors = ofFormMeant(compiled.Errors(converted)).flatMap(error => explain(error, schema))
    return { error: invalidRequest(distinct(errors).slice(0, MAX_ERRORS)) }
  }
}

/** A request with these mistakes. */
export function invalidRequest(errors: FieldError[]): Problem {
  const [first] = errors
  const detail = errors.map(({ field, problem }) => `${field || 'the body'}: ${problem}`).join('; ')
  const options = { facts: { errors }, ...(errors.length === 1 && first ? { hint: first.hint } : {}) }
  return new Problem('invalid_request', `${detail || 'The request has mistakes'}.`, options)
}

/** A mistake as TypeBox tells it, in the form of ajv's. */
interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

interface Described {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Described>>
}

/** Of a union, leaves the mistakes in the form that was meant: the one whose `type` was given. */
function ofFormMeant(errors: readonly SchemaError[]): SchemaError[] {
  const notMeant = errors.flatMap(({ keyword, schemaPath }) =>
    keyword === 'const' ? (/^.*\/anyOf\/\d+(?=\/properties\/)/.exec(schemaPath) ?? []) : [],
  )
  const left = errors.filter(({ schemaPath }) => !notMeant.some(form => isWithin(schemaPath, form)))
  return left.filter(
    ({ keyword, schemaPath }) =>
      keyword !== 'anyOf' || !left.some(other => isWithin(other.schemaPath, `${schemaPath}/anyOf`)),
  )
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`)
}

function explain(error: SchemaError, root: object): FieldError[] {
  const field = toField(error.instancePath)
  const schema = lookUp(root, error.schemaPath)
  const params = error.params as Readonly<Record<string, unknown>>
  switch (error.keyword) {
    case 'required':
      return names(params['requiredProperties']).map(name => ({
        field: join(field, name),
        problem: 'is missing',
        hint: schema.properties?.[name]?.description ?? 'Give it a value.',
      }))
    case 'additionalProperties': {
      const known = Object.keys(schema.properties ?? {}).join(', ')
      return names(params['additionalProperties']).map(name => ({
        field: join(field, name),
        problem: 'is not a field that this request takes',
        hint: known ? `It takes: ${known}.` : 'It takes none.',
      }))
    }
    case 'boolean': // Each unknown field once more: additionalProperties has told of it.
      return []
    case 'anyOf':
      return [{ field, problem: 'has none of its forms', hint: schema.description ?? 'See /docs.' }]
    case 'enum':
      return [{ field, problem: 'is not one of the possible values', hint: `One of ${list(params['allowedValues'])}.` }]
    case 'pattern':
      return [{ field, problem: 'does not have the form that it needs', hint: schema.description ?? error.message }]
    case 'type':
      if (field === '') return [{ field, problem: 'is missing, or not an object', hint: 'Send a JSON object.' }]
      return [{ field, problem: error.message, hint: schema.description ?? 'See /docs.' }]
    default:
      return [{ field, problem: error.message, hint: schema.description ?? 'See /docs.' }]
  }
}

/** `/scope/databases/0` as people write it: `scope.databases[0]`. */
function toField(pointer: string): string {
  const steps = pointer.split('/').slice(1).map(unescape)
  return steps.reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : join(path, step)), '')
}

/** Finds what a JSON pointer (RFC 6901) within the schema points to. */
function lookUp(root: object, pointer: string): Described {
  let schema: unknown = root
  for (const step of pointer.split('/').slice(1).map(unescape)) {
    schema = typeof schema === 'object' && schema !== null ? (schema as Record<string, unknown>)[step] : undefined
  }
  return typeof schema === 'object' && schema !== null ? schema : {}
}

function distinct(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.map(error => [`${error.field}\0${error.problem}`, error])).values()]
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name
}

function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function list(value: unknown): string {
  return names(value).join(', ')
}
