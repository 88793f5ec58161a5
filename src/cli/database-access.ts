// `postern database access`: who has which role on a database, and why.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given } from './answer.js'
import { becauseText } from './because.js'
import { examples, withJson, withSearch, type JsonOption, type SearchOption } from './help.js'
import { all } from './listing.js'
import { table, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type Access = components['schemas']['Access']

/** Adds `database access`. */
export function addDatabaseAccess(database: Command, terminal: Terminal): void {
  const command = database
    .command('access <name>')
    .summary('list who reaches one, and why')
    .description(
      'List the people and service accounts that have a role on a database, and what gives it to them. Members see ' +
        'themselves and the accounts that they made.',
    )
  withJson(withSearch(command, "the account's name")).action((name: string, options: JsonOption & SearchOption) =>
    answer(terminal, { ...options, names: { database: [name] } }, async postern => {
      const filter = given({ q: options.search })
      const found = await all(async page => {
        const params = { path: { name }, query: { ...filter, ...page } }
        return (await postern.GET('/v1/databases/{name}/access', { params })).data
      })
      return { data: found, text: layout => table(COLUMNS, found, layout) }
    }),
  )
  examples(command, [
    ['postern database access shop', 'Show who can do what in shop.'],
    ['postern database access shop --search nightly', 'Show the accounts with this text in the name.'],
  ])
}

const LOST: Readonly<Record<NonNullable<Access['reason']>, string>> = {
  not_granted: 'nothing gives it a role',
  maker_inactive: 'its maker is disabled or deleted',
  maker_lost_it: 'its maker has no role any more',
}

const COLUMNS: readonly Column<Access>[] = [
  { title: 'ACCOUNT', kind: 'id', cell: access => access.account },
  { title: 'KIND', kind: 'fact', cell: access => access.kind, optional: true },
  { title: 'STATE', kind: 'fact', cell: access => access.state },
  { title: 'ROLE', kind: 'fact', cell: access => access.role ?? '-' },
  { title: 'BECAUSE OF', kind: 'text', cell: whyText },
]

function whyText({ because, reason }: Access): string {
  if (because) return becauseText(because)
  return reason === null ? '-' : LOST[reason]
}
