// `postern audit`: what was done and what was refused; audit-export.ts and audit-verify.ts have the rest.

import { InvalidArgumentError, type Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer } from './answer.js'
import { addAuditExport } from './audit-export.js'
import { filterQuery, withFilter, type Filter } from './audit-filter.js'
import { addAuditVerify } from './audit-verify.js'
import { examples, withJson, type JsonOption } from './help.js'
import { first } from './listing.js'
import { table, time, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type AuditEvent = components['schemas']['AuditEvent']

/** Adds `audit` and what is below it. */
export function auditCommands(program: Command, terminal: Terminal): void {
  const audit = program
    .command('audit')
    .summary('see and verify what was done')
    .description('The audit log: every change and every refused attempt at one. It can only grow.')
  examples(audit, [
    ['postern audit list --action key', 'Show what became of keys.'],
    ['postern audit verify', 'Prove that nothing was altered.'],
  ])
  addList(audit, terminal)
  addAuditExport(audit, terminal)
  addAuditVerify(audit, terminal)
}

const DEFAULT_LIMIT = 50

function addList(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('list')
    .summary('list events, the newest first')
    .description('List what was done and what was refused, the newest first. Times are in UTC. --json shows all of it.')
    .option('--limit <number>', `how many (default: ${DEFAULT_LIMIT})`, count)
  withJson(withFilter(command)).action((options: Filter & JsonOption & { limit?: number }) =>
    answer(terminal, options, async postern => {
      const { limit = DEFAULT_LIMIT } = options
      const events = await first(limit, async page => {
        const query = { ...filterQuery(options), ...page }
        return (await postern.GET('/v1/audit-events', { params: { query } })).data
      })
      return { data: events, text: layout => table(COLUMNS, events, layout) }
    }),
  )
  examples(command, [
    ['postern audit list --actor ada@example.com --from 2026-05-04', 'What she did since that day.'],
    ['postern audit list --outcome refused --limit 10', 'The last ten noes.'],
    ['postern audit list --reference 7CEPH-YNPTA', 'What is behind a reference.'],
  ])
}

const COLUMNS: readonly Column<AuditEvent>[] = [
  { title: 'SEQ', kind: 'fact', cell: event => String(event.seq), optional: true },
  { title: 'TIME', kind: 'fact', cell: event => time(event.at) },
  { title: 'ACTOR', kind: 'id', cell: event => event.actor ?? '-' },
  { title: 'ACTION', kind: 'fact', cell: event => event.action },
  { title: 'TARGET', kind: 'id', cell: event => event.target ?? '-' },
  { title: 'OUTCOME', kind: 'text', cell: event => event.reason ?? event.outcome },
]

function count(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('It is a number from 1 to 9999.')
  return Number(value)
}
