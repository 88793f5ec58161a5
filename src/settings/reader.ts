// Turns what was written (YAML, environment) into settings, with the table of settings as guide: fills in defaults, turns
// durations into milliseconds, gives fields their names in code, and collects every mistake instead of stopping at one.

import { Value } from 'typebox/value'
import { mayHoldToken } from '../model/find-tokens.js'
import type { SettingSchema } from '../settings.js'
import { nearestName } from '../nearest-name.js'

/** One mistake, in words for the person who wrote the file. */
export interface SettingProblem {
  /** The setting's path, as in `revocation.max_age` or `listeners[0].tls`. */
  readonly setting: string
  /** What was given. Never a secret, nor anything that might be one. */
  readonly given: string
  readonly hint: string
}

/** Long enough for any sensible value. */
const MAX_SHOWN_LENGTH = 60
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Units that limits are shown in: the largest that divides them. */
const UNITS = [
  ['d', 86_400_000],
  ['m', 60_000],
] as const
/** Not a setting: what could not be read. */
const MISSING = Symbol('missing')

export class SettingsReader {
  readonly problems: SettingProblem[] = []

  /** Reads `given` as `schema` says. What has a problem comes out as undefined, so look at `problems` first. */
  read(schema: SettingSchema, given: unknown, path = ''): unknown {
    if (schema.properties !== undefined) return this.#readSection(schema.properties, given, path)
    const value = given === undefined || (given === null && !allowsNull(schema)) ? this.#default(schema, path) : given
    if (value === MISSING) return undefined
    return schema.items === undefined
      ? this.#readValue(schema, value, path)
      : this.#readList(schema, schema.items, value, path)
  }

  #readSection(properties: Readonly<Record<string, SettingSchema>>, given: unknown, path: string): unknown {
    const section = given ?? {}
    if (!isMapping(section)) {
      this.#report(
        path === '' ? 'the file' : path,
        show(section),
        `write a section: ${Object.keys(properties).join(', ')}`,
      )
      return undefined
    }
    for (const name of Object.keys(section)) {
      if (!Object.hasOwn(properties, name)) this.#reportUnknown(join(path, name), name, Object.keys(properties))
    }
    return Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [
        fieldName(name, schema),
        this.read(schema, Object.hasOwn(section, name) ? section[name] : undefined, join(path, name)),
      ]),
    )
  }

  #readList(schema: SettingSchema, items: SettingSchema, given: unknown, path: string): unknown {
    const { minItems = 0, maxItems = Infinity } = schema
    if (!Array.isArray(given) || given.length < minItems || given.length > maxItems) {
      this.#report(path, show(given), `write a list of ${String(minItems)} to ${String(maxItems)} entries`)
      return undefined
    }
    return given.map((item, index) => this.read(items, item, `${path}[${String(index)}]`))
  }

  #readValue(schema: SettingSchema, given: unknown, path: string): unknown {
    const value = schema.unit === 'duration' ? milliseconds(given) : given
    if (Value.Check(schema, value)) return value
    const hint = schema.reason === undefined ? expectation(schema) : `${expectation(schema)}: ${schema.reason}`
    this.#report(path, schema.secret === true ? '(not shown)' : show(given), hint)
    return undefined
  }

  #default(schema: SettingSchema, path: string): unknown {
    if (schema.default !== undefined) return schema.default
    this.#report(path, 'nothing', `this one is required. ${schema.description ?? expectation(schema)}`)
    return MISSING
  }

  #reportUnknown(path: string, name: string, known: readonly string[]): void {
    const nearest = nearestName(name, known)
    const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${nearest}?`
    // A secret may stand behind a misspelt name.
    this.#report(path, '(not shown)', `there is no such setting; ${hint}`)
  }

  #report(setting: string, given: string, hint: string): void {
    this.problems.push({ setting, given, hint })
  }
}

/** Says what a setting accepts, as in `a whole number from 1 to 64`. */
export function expectation(schema: SettingSchema): string {
  if (schema.enum !== undefined) return `one of: ${schema.enum.join(', ')}`
  const { minimum = 0, maximum = Infinity } = schema
  if (schema.unit === 'duration')
    return `a duration such as 15s, from ${durationText(minimum)} to ${durationText(maximum)}`
  const kinds = [schema.type ?? 'string'].flat()
  const orNull = kinds.includes('null') ? ', or null' : ''
  if (kinds.includes('integer')) return `a whole number from ${String(minimum)} to ${String(maximum)}${orNull}`
  if (schema.unit !== undefined) return `${schema.unit}${orNull}`
  return schema.pattern === undefined ? `a text${orNull}` : `a text that matches ${schema.pattern}${orNull}`
}

/** `15s` → 15000; a number alone is seconds. What is no duration stays as it is, for the check to refuse. */
function milliseconds(given: unknown): unknown {
  if (typeof given === 'number') return given * 1_000
  const [, amount, unit = 's'] = (typeof given === 'string' && DURATION.exec(given)) || []
  return amount === undefined ? given : Number(amount) * (UNIT_MS[unit] ?? NaN)
}

function durationText(ms: number): string {
  if (ms < 1_000 && ms > 0) return `${String(ms)}ms`
  const [unit, size] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ['s', 1_000]
  return `${String(ms / size)}${unit}`
}

/** Shows single values only: in a list or a section of the wrong form there may be a secret. */
function show(given: unknown): string {
  if (Array.isArray(given)) return '(a list)'
  if (typeof given === 'object' && given !== null) return '(a section)'
  const text = String(given)
  const suspicious = text.includes('://') || mayHoldToken(text) || text.length > MAX_SHOWN_LENGTH
  return suspicious ? '(not shown)' : text
}

/** The name of a setting's field in code. */
export function fieldName(name: string, schema: SettingSchema = {}): string {
  const camel = name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
  return schema.unit === 'duration' ? `${camel}Ms` : camel
}

function allowsNull(schema: SettingSchema): boolean {
  return [schema.type ?? []].flat().includes('null')
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
