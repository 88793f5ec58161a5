// Writes config/postern.example.yaml from the table of settings, so that the file can't fall behind it.

import { stringify } from 'yaml'
import { expectation } from '../../src/settings/reader.js'
import { SETTINGS } from '../../src/settings.js'
import type { SettingSchema } from '../../src/settings.js'

const WIDTH = 116
const HEADER = `# Settings of Postern: every one, with its default. Keep what you change.
#
# Each single setting can come from the environment instead, which wins over this file: POSTERN_ and its path in capitals,
# as POSTERN_STORE_URL or POSTERN_REVOCATION_MAX_AGE. Lists are then written as YAML in one line.
# Durations are 500ms, 15s, 5m, 1h or 7d; a number alone is seconds.
`

export function renderExample(): string {
  return `${HEADER}${renderSection(SETTINGS, '')}`
}

function renderSection(section: SettingSchema, indent: string): string {
  return Object.entries(section.properties ?? {})
    .map(([name, schema]) => (indent === '' ? '\n' : '') + renderSetting(name, schema, indent))
    .join('')
}

function renderSetting(name: string, schema: SettingSchema, indent: string): string {
  if (schema.properties !== undefined) return `${indent}${name}:\n${renderSection(schema, `${indent}  `)}`
  const comment = wrap(`${schema.description ?? ''} ${facts(schema)}`.trim(), `${indent}# `)
  if (schema.items?.properties !== undefined) return `${comment}${indent}${name}:\n${renderItems(schema, indent)}`
  if (schema.default === undefined) return `${comment}${indent}# ${name}:\n`
  return `${comment}${indent}${name}: ${stringify(schema.default).trim()}\n`
}

function renderItems({ items, default: given }: SettingSchema, indent: string): string {
  const defaults = (given as Record<string, unknown>[])[0]
  const properties = Object.entries(items?.properties ?? {}).map(([name, schema]) => {
    return [name, { ...schema, default: defaults?.[name] ?? schema.default }]
  })
  const item = renderSection(
    { properties: Object.fromEntries(properties) as Record<string, SettingSchema> },
    `${indent}    `,
  )
  return `${indent}  - ${item.trimStart()}`
}

function facts(schema: SettingSchema): string {
  if (schema.default === undefined) return `Required: ${schema.unit ?? 'a URL'}.`
  if (schema.enum !== undefined) return explained(schema, schema.enum) ? '' : `One of: ${schema.enum.join(', ')}.`
  if (schema.items !== undefined) return ''
  if (schema.unit === 'duration') return `${capital(expectation(schema).replace('a duration such as 15s, ', ''))}.`
  return schema.unit === undefined || schema.unit === 'TCP port' ? '' : `Unit: ${schema.unit}.`
}

/** Whether the description tells what some of the values mean. */
function explained(schema: SettingSchema, values: readonly string[]): boolean {
  return values.some(value => schema.description?.includes(value))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function wrap(text: string, prefix: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && `${prefix}${line} ${word}`.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map(each => `${prefix}${each}\n`).join('')
}
