// The settings of a process that runs: one object for good, in which those that can change are replaced when the file is
// read again. Whoever reads `settings.limits.connections` each time has the value of the moment.

import { isDeepStrictEqual } from 'node:util'
import { listSettings, type SettingEntry, type Settings } from '../settings.js'
import { fieldName } from './reader.js'
import { checkRules } from './rules.js'
import { SettingsError } from './settings-error.js'

/** What a new reading came to: paths of settings, as in `login.timeout`. */
export interface Replaced {
  /** In force from now on. */
  readonly changed: readonly string[]
  /** Other than in the process, and in force after a restart only. */
  readonly waiting: readonly string[]
}

type Section = Record<string, unknown>

export class LiveSettings {
  /** Never exchanged, nor are its sections: keep them, and read their fields when they are needed. */
  readonly current: Settings

  constructor(settings: Settings) {
    this.current = structuredClone(settings)
  }

  /** Takes over what can change. Throws a SettingsError, with nothing changed, when that does not go with the settings that
   * stay as they are. */
  replace(next: Settings): Replaced {
    const differing = listSettings().filter(
      entry => !isDeepStrictEqual(valueOf(next, entry), valueOf(this.current, entry)),
    )
    const changed = differing.filter(({ schema }) => schema.reload)
    const tried = structuredClone(this.current)
    for (const entry of changed) take(tried, next, entry)
    const problems = checkRules(tried, new Set())
    if (problems.length > 0) throw new SettingsError(problems)
    for (const entry of changed) take(this.current, next, entry)
    const waiting = differing.filter(({ schema }) => !schema.reload)
    return { changed: changed.map(({ path }) => path), waiting: waiting.map(({ path }) => path) }
  }
}

/** Makes an object whose fields are those of `read()` at the moment that they are read: for parts that take what they need
 * out of the settings under names of their own. */
export function live<T extends object>(read: () => T): T {
  const fields = Object.keys(read()) as (keyof T & string)[]
  return Object.defineProperties(
    {},
    Object.fromEntries(fields.map(field => [field, { enumerable: true, get: () => read()[field] }])),
  ) as T
}

function take(into: Settings, from: Settings, entry: SettingEntry): void {
  const { section, field } = placeOf(into, entry)
  section[field] = valueOf(from, entry)
}

function valueOf(settings: Settings, entry: SettingEntry): unknown {
  const { section, field } = placeOf(settings, entry)
  return section[field]
}

function placeOf(settings: Settings, { path, schema }: SettingEntry): { section: Section; field: string } {
  const names = path.split('.')
  const last = names.pop() ?? ''
  const section = names.reduce((inner, name) => inner[fieldName(name)] as Section, settings as unknown as Section)
  return { section, field: fieldName(last, schema) }
}
