// The forms of connection information that the API gives, as they are chosen from: what to paste, and what to know.

import type { Resource } from '../../api.js'

export interface Form {
  readonly group: 'Command line' | 'Connection strings' | 'Drivers and ORMs' | 'By hand'
  readonly name: string
  readonly parts: readonly { readonly title: string; readonly text: string }[]
  readonly note: string | null
}

export function formsOf(connection: Resource<'Connection'>): readonly Form[] {
  const { psql, env, pgpass, uri, dsn, jdbc, tools } = connection
  const one = (group: Form['group'], name: string, title: string, text: string, note: string | null = null): Form => ({
    group,
    name,
    parts: [{ title, text }],
    note,
  })
  return [
    one(
      'Command line',
      'psql',
      'psql',
      psql,
      'The token is in the environment, where others on the machine do not see it.',
    ),
    one(
      'Command line',
      'Environment variables',
      'Environment variables',
      lines(env, '='),
      'Read by psql and by every driver that uses libpq.',
    ),
    one('Command line', '.pgpass', 'A line for ~/.pgpass', pgpass, 'The file must be readable by you only: chmod 600.'),
    one('Connection strings', 'URI', 'URI', uri),
    one('Connection strings', 'Key/value (libpq)', 'Key/value string', dsn),
    {
      group: 'Connection strings',
      name: 'JDBC',
      parts: [
        { title: 'JDBC URL', text: jdbc.url },
        { title: 'User', text: jdbc.user },
        { title: 'Password', text: jdbc.password },
      ],
      note: 'JDBC tools take user and password apart from the URL.',
    },
    ...tools.map(toForm),
    fieldsOf(connection),
  ]
}

function toForm({ tool, connection, code, note }: Resource<'ConnectionTool'>): Form {
  return {
    group: 'Drivers and ORMs',
    name: tool,
    parts: [
      { title: 'DATABASE_URL', text: connection },
      { title: 'Code', text: code },
    ],
    note,
  }
}

function fieldsOf({ host, port, database, account, password, sslmode, sslrootcert }: Resource<'Connection'>): Form {
  const fields = {
    Host: host,
    Port: String(port),
    Database: database,
    User: account,
    Password: password,
    'SSL mode': sslmode,
  }
  const all = sslrootcert === null ? fields : { ...fields, 'SSL root certificate': sslrootcert }
  return {
    group: 'By hand',
    name: 'Field by field',
    parts: Object.entries(all).map(([title, text]) => ({ title, text })),
    note: 'For DBeaver, DataGrip, Metabase and other tools with a form.',
  }
}

function lines(fields: object, between: string): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}${between}${value}`)
    .join('\n')
}
