// The parts of the README that follow from the code: rendered here, and compared to what stands there.

import { REFUSALS } from '../../src/errors.js'
import { listSettings, type SettingSchema } from '../../src/settings.js'
import { SCENARIOS } from '../faults/scenarios.js'

/** Each part by the name of its markers: `<!-- refusals -->` … `<!-- /refusals -->`. */
export function renderParts(metricsText: string): Record<string, string> {
  return { settings: settings(), refusals: refusals(), metrics: metrics(metricsText), faults: faults() }
}

/** Puts a part between its markers. */
export function replacePart(readme: string, name: string, part: string): string {
  const [before, rest] = split(readme, `<!-- ${name} -->\n`)
  const [, after] = split(rest, `<!-- /${name} -->`)
  return `${before}<!-- ${name} -->\n\n${part}\n\n<!-- /${name} -->${after}`
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  if (index < 0) throw new Error(`the README lacks the marker ${at}`)
  return [text.slice(0, index), text.slice(index + at.length)]
}

function refusals(): string {
  const rows = Object.entries(REFUSALS).map(([code, { sqlstate, text, cause, hint }]) => [
    `\`${code}\``,
    sqlstate,
    text,
    cause,
    hint,
  ])
  return table(['code', 'SQLSTATE', 'the client reads', 'cause', 'what to do'], rows)
}

function settings(): string {
  const rows = listSettings().map(({ path, schema }) => [
    `\`${path}\``,
    defaultOf(schema),
    schema.unit === 'duration' ? 'time' : (schema.unit ?? ''),
    schema.reload ? 'SIGHUP' : 'restart',
    schema.description ?? '',
  ])
  return table(['setting', 'default', 'unit', 'takes effect on', 'meaning'], rows)
}

function defaultOf(schema: SettingSchema): string {
  if (schema.default === undefined) return 'required'
  return schema.items ? 'see the example file' : `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``
}

/** From the HELP and TYPE lines of a scrape, and the labels of its samples. */
function metrics(text: string): string {
  const rows = [...text.matchAll(/^# HELP (postern_\w+) (.*)\n# TYPE \1 (\w+)/gm)].map(([, name, help, type]) => [
    `\`${name}\``,
    type ?? '',
    help ?? '',
  ])
  return table(['metric', 'type', 'meaning'], rows)
}

/** What is broken in test/faults, and what is asserted then. */
function faults(): string {
  const rows = Object.entries(SCENARIOS).map(([name, { fault, asserted }]) => [`\`${name}\``, fault, asserted])
  return table(['scenario', 'what is broken', 'what is asserted'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
