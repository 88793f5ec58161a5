// `postern database remove`: says who loses access before it asks, and again when it is done.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer } from './answer.js'
import { confirm, withYes, type YesOption } from './confirm.js'
import { examples, withJson, type JsonOption } from './help.js'
import { details, type Layout } from './table.js'
import { columnsOf, paintFor, print, type Terminal } from './terminal.js'

type Impact = components['schemas']['RemovalImpact']

/** Adds `database remove`. */
export function addDatabaseRemove(database: Command, terminal: Terminal): void {
  const command = database
    .command('remove <name>')
    .summary('remove one')
    .description(
      'Remove a database: its sessions end, and every account loses its role on it. The accounts are named before the ' +
        'question, first the pinned ones that are left with no database. The three logins stay on its server, where you ' +
        'may drop them.',
    )
  withJson(withYes(command)).action((name: string, options: JsonOption & YesOption) =>
    answer(terminal, { ...options, names: { database: [name] } }, async postern => {
      const params = { path: { name } }
      if (!options.yes) {
        const { data: impact } = await postern.GET('/v1/databases/{name}/removal', { params })
        const layout = { columns: columnsOf(terminal), paint: paintFor(terminal.stderr, terminal.env) }
        print(terminal.stderr, impactText(impact, BEFORE, layout))
      }
      await confirm(terminal, `Remove ${name}?`, options)
      // As it happened: access may have changed since the question.
      const { data: impact } = await postern.DELETE('/v1/databases/{name}', { params })
      return {
        data: { name, removed: true, ...impact },
        text: layout => `Removed ${name}.\n\n${impactText(impact, AFTER, layout)}`,
        notes: impact.left_without_database.total > 0 ? [ADVICE] : [],
      }
    }),
  )
  examples(command, [
    ['postern database remove shop', 'Show who loses access, ask, and remove shop.'],
    ['postern database remove shop --yes', 'Remove it without a question.'],
  ])
}

const ADVICE =
  'A pinned account cannot be edited. For each that is left with no database: create a new one with postern account ' +
  'create, and delete the old one with postern account delete.'

const BEFORE = { stranded: 'Left with no database', others: 'Losing access', sessions: 'Ending' }
const AFTER = { stranded: 'Left with no database', others: 'Lost access', sessions: 'Ended' }

function impactText(impact: Impact, labels: typeof BEFORE, layout: Layout): string {
  const { left_without_database: stranded, losing_access: others, live_sessions: sessions } = impact
  const pairs: [string, string][] = []
  if (stranded.total > 0) pairs.push([labels.stranded, firstNames(stranded)])
  if (others.total > 0) pairs.push([labels.others, firstNames(others)])
  if (pairs.length === 0) pairs.push([labels.others, 'no account'])
  pairs.push([labels.sessions, `${sessions} live session${sessions === 1 ? '' : 's'}`])
  return details(pairs, layout)
}

// Longer lists are not read before a question is answered; --json has the first 100.
const MAX_SHOWN = 10

function firstNames({ accounts, total }: Impact['losing_access']): string {
  const shown = accounts.slice(0, MAX_SHOWN)
  return shown.join(', ') + (total > shown.length ? ` and ${total - shown.length} more` : '')
}
