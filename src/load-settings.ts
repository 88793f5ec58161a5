// Loads the settings: defaults, then the file, then the environment. All mistakes are told at once, each with a hint, and
// none of them shows a secret.

import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { nearestName } from './nearest-name.js'
import { isMapping, SettingsReader } from './settings/reader.js'
import type { SettingProblem } from './settings/reader.js'
import { checkRules } from './settings/rules.js'
import { SettingsError } from './settings/settings-error.js'
import { listSettings, SETTINGS } from './settings.js'
import type { SettingEntry, Settings } from './settings.js'

export type { SettingProblem } from './settings/reader.js'
export { SettingsError } from './settings/settings-error.js'

/** Variables of the command's clients, which are no settings of a server. */
const CLIENT_VARIABLES = ['POSTERN_API_URL', 'POSTERN_API_KEY']
/** What Kubernetes sets in every container for a Service called postern: postern's own port would be a URL. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP)(_\w+)?$/

export interface SettingsSources {
  /** Path of a YAML file. */
  readonly file?: string
  /** As process.env. An empty variable counts as not set. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Loads and checks the settings. Throws a SettingsError with all problems. */
export function loadSettings({ file, env }: SettingsSources): Settings {
  const problems: SettingProblem[] = []
  const given = file === undefined ? {} : parseYaml(file, readText(file, problems), problems)
  if (!isMapping(given)) problems.push({ setting: file ?? '', given: '(not shown)', hint: 'it holds no settings' })
  // Nothing else is worth telling: half of the settings would be missing because of this.
  if (problems.length > 0) throw new SettingsError(problems)
  const variables = settingVariables(env)
  for (const entry of listSettings()) {
    const text = variables.get(entry.variable)
    if (text !== undefined) overlay(given, entry, valueOf(entry, text, problems))
  }
  problems.push(...unknownVariables(variables))
  const reader = new SettingsReader()
  const settings = reader.read(SETTINGS, given) as Settings
  const broken = new Set(reader.problems.map(({ setting }) => setting.split(/[.[]/, 1)[0] ?? ''))
  problems.push(...[...reader.problems, ...checkRules(settings, broken)].map(each => nameVariable(each, variables)))
  if (problems.length > 0) throw new SettingsError(problems)
  return settings
}

function readText(file: string, problems: SettingProblem[]): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    problems.push({ setting: 'the file', given: file, hint: `it could not be read (${code})` })
    return ''
  }
}

/** The parser's own messages quote the line, and a secret may stand on it, so only the place is told. */
function parseYaml(name: string, text: string, problems: SettingProblem[]): unknown {
  const document = parseDocument(text)
  for (const { linePos, code } of document.errors) {
    const place = linePos === undefined ? '' : `, line ${String(linePos[0].line)}, column ${String(linePos[0].col)}`
    problems.push({ setting: `${name}${place}`, given: '(not shown)', hint: `it is not valid YAML (${code})` })
  }
  return document.errors.length > 0 ? {} : ((document.toJS() as unknown) ?? {})
}

function settingVariables(env: SettingsSources['env']): Map<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[0].startsWith('POSTERN_') &&
      entry[1] !== undefined &&
      entry[1] !== '' &&
      !CLIENT_VARIABLES.includes(entry[0]) &&
      !isServiceLink(entry[0], entry[1]),
  )
  return new Map(entries)
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && /^(tcp|udp):\/\//.test(value))
}

function unknownVariables(variables: ReadonlyMap<string, string>): SettingProblem[] {
  const known = listSettings().map(({ variable }) => variable)
  return [...variables.keys()]
    .filter(name => !known.includes(name))
    .map(name => {
      const nearest = nearestName(name, known)
      const hint = nearest === undefined ? 'there is no such setting' : `did you mean ${nearest}?`
      return { setting: name, given: '(not shown)', hint }
    })
}

/** A variable is text; numbers and lists are written as in YAML. */
function valueOf({ schema, variable }: SettingEntry, text: string, problems: SettingProblem[]): unknown {
  if (schema.items !== undefined) return parseYaml(variable, text, problems)
  const kinds = [schema.type ?? 'string'].flat()
  if (kinds.includes('null') && text === 'null') return null
  return kinds.includes('integer') && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** Puts a value at its place. A section of the wrong form stays as it is, for the reader to complain about. */
function overlay(given: unknown, { path }: SettingEntry, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() ?? ''
  let section = given
  for (const name of names) {
    if (!isMapping(section)) return
    section = section[name] ??= {}
  }
  if (isMapping(section)) section[last] = value
}

/** Names the variable that a faulty value came from, as the file may be right. */
function nameVariable(problem: SettingProblem, variables: ReadonlyMap<string, string>): SettingProblem {
  const path = problem.setting.replace(/\[.*$/, '')
  const entry = listSettings().find(candidate => candidate.path === path)
  if (entry === undefined || !variables.has(entry.variable)) return problem
  return { ...problem, setting: `${problem.setting} (${entry.variable})` }
}
