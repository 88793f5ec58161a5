// Connection information as text: each form alone, one tool, or everything to read. What is to be copied is never cut
// or wrapped.

import type { components } from '../sdk/openapi.js'
import { printable, wrap } from './display-text.js'
import { details, type Layout } from './table.js'

export type Connection = components['schemas']['Connection']
export type Tool = Connection['tools'][number]

/** The forms that can be printed alone. */
export const FORMATS = {
  uri: { title: 'URI, for most drivers and ORMs', text: ({ uri }) => uri },
  psql: { title: 'psql', text: ({ psql }) => psql },
  pgpass: { title: 'A line for ~/.pgpass', text: ({ pgpass }) => pgpass },
  dsn: { title: 'Key/value string of libpq', text: ({ dsn }) => dsn },
  env: { title: 'Environment of libpq', text: envText },
  jdbc: { title: 'JDBC, and tools with a field for each', text: jdbcText },
} as const satisfies Record<string, { title: string; text: (connection: Connection) => string }>

export type Format = keyof typeof FORMATS

/** Renders one form. */
export function formatText(format: Format, connection: Connection): string {
  return safeLines(FORMATS[format].text(connection))
}

/** Renders how one tool connects: its connection string, and the code to use it. */
export function toolText({ connection, code, note }: Tool, { paint }: Layout): string {
  const parts = [section('DATABASE_URL', connection, paint.strong), section('Code', code, paint.strong)]
  return [...parts, ...(note === null ? [] : [printable(note)])].join('\n\n')
}

/** Renders all there is to know. */
export function connectionText(connection: Connection, layout: Layout): string {
  const { account, role, database, host, port, sslmode, sslrootcert, tools } = connection
  const fields: (readonly [string, string])[] = [
    ['Host', host],
    ['Port', String(port)],
    ['Database', database],
    ['User', account],
    ['Password', 'the token of a key of this account'],
    ['sslmode', sslmode],
    ...(sslrootcert === null ? [] : [['sslrootcert', sslrootcert] as const]),
  ]
  const forms = Object.values(FORMATS).map(({ title, text }) => section(title, text(connection), layout.paint.strong))
  const names = wrap(printable(tools.map(({ tool }) => tool).join(', ')), layout.columns - INDENT.length).join('\n')
  return [
    printable(`${account} is ${role} on ${database}.`),
    details(fields, layout),
    ...forms,
    section('Tools and libraries, with --tool', names, layout.paint.strong),
  ].join('\n\n')
}

const INDENT = '  '

function section(title: string, text: string, strong: (text: string) => string): string {
  return `${strong(title)}\n${safeLines(text).replace(/^(?=.)/gm, INDENT)}`
}

function safeLines(text: string): string {
  return text.split('\n').map(keepIndent).join('\n')
}

function keepIndent(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? ''
  return indent + printable(line.slice(indent.length))
}

function envText({ env }: Connection): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${shellWord(value)}`)
    .join('\n')
}

function jdbcText({ jdbc }: Connection): string {
  return `url=${jdbc.url}\nuser=${jdbc.user}\npassword=${jdbc.password}`
}

/** Quotes a word for POSIX shells where it needs it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
