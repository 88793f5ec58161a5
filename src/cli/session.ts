// `postern session`: what goes on right now.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given } from './answer.js'
import { duration, size } from './amounts.js'
import { examples, withJson, type JsonOption } from './help.js'
import { all } from './listing.js'
import { table, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type Session = components['schemas']['Session']

/** Adds `session` and what is below it. */
export function sessionCommands(program: Command, terminal: Terminal): void {
  const session = program
    .command('session')
    .summary('see and end live sessions')
    .description('Live sessions: connections of clients to databases, on all instances.')
  examples(session, [
    ['postern session list', 'Show who is connected to what.'],
    ['postern session end 7CEPH-YNPTA', 'End one of them.'],
  ])
  addList(session, terminal)
  addEnd(session, terminal)
}

interface ListOptions extends JsonOption {
  readonly account?: string
  readonly database?: string
  readonly instance?: string
}

function addList(session: Command, terminal: Terminal): void {
  const command = session
    .command('list')
    .summary('list live sessions')
    .description(
      'List live sessions, the oldest first, as each instance last reported them: your own and those of the accounts ' +
        'that you made, or as an admin or viewer all. BYTES are those of both directions.',
    )
    .option('--account <account>', 'only of this account')
    .option('--database <name>', 'only on this database')
    .option('--instance <id>', 'only on this instance')
  withJson(command).action((options: ListOptions) =>
    answer(terminal, options, async postern => {
      const { account, database, instance } = options
      const filter = given({ account, database, instance })
      const sessions = await all(
        async page => (await postern.GET('/v1/sessions', { params: { query: { ...filter, ...page } } })).data,
      )
      return { data: sessions, text: layout => table(COLUMNS, sessions, layout) }
    }),
  )
  examples(command, [
    ['postern session list', 'Show them all.'],
    ['postern session list --account robot --database shop', 'Show those of robot on shop.'],
  ])
}

function addEnd(session: Command, terminal: Terminal): void {
  const command = session
    .command('end <id>')
    .summary('end one')
    .description(
      'End a live session, on whichever instance it is. Its running query is cancelled. Its key goes on working: to ' +
        'stop that, use postern key revoke.',
    )
  withJson(command).action((id: string, options: JsonOption) =>
    answer(terminal, options, async postern => {
      const { data: ended } = await postern.POST('/v1/sessions/{id}/end', { params: { path: { id } } })
      const { account, database } = ended.session
      return {
        data: ended,
        text: () => `Ending session ${id} of ${account} on ${database}.`,
        notes: [`Where that is in force: postern instance list --change ${ended.seq}`],
      }
    }),
  )
  examples(command, [['postern session end 7CEPH-YNPTA', 'End the session of this reference.']])
}

const COLUMNS: readonly Column<Session>[] = [
  { title: 'ID', kind: 'id', cell: session => session.id },
  { title: 'ACCOUNT', kind: 'id', cell: session => session.account },
  { title: 'DATABASE', kind: 'id', cell: session => session.database },
  { title: 'ROLE', kind: 'fact', cell: session => session.role },
  { title: 'CLIENT', kind: 'id', cell: session => session.address },
  { title: 'AGE', kind: 'fact', cell: session => duration(session.age_seconds) },
  { title: 'STATE', kind: 'fact', cell: session => session.state, optional: true },
  {
    title: 'BYTES',
    kind: 'fact',
    cell: session => size(session.bytes_from_client + session.bytes_from_database),
    optional: true,
  },
]
