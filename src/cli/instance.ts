// `postern instance`: the running processes of Postern, and whether a change is in force there.

import { InvalidArgumentError, type Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { duration } from './amounts.js'
import { answer, given } from './answer.js'
import { examples, withJson, type JsonOption } from './help.js'
import { table, time, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type Instance = components['schemas']['Instance']
type InForce = components['schemas']['InForce']

/** Adds `instance` and what is below it. */
export function instanceCommands(program: Command, terminal: Terminal): void {
  const instance = program
    .command('instance')
    .summary('see the running instances')
    .description('Instances: the running processes of Postern, which share one store.')
  examples(instance, [['postern instance list', 'Show them, and how fresh their lists are.']])
  addList(instance, terminal)
}

function addList(instance: Command, terminal: Terminal): void {
  const command = instance
    .command('list')
    .summary('list instances')
    .description(
      'List the instances, and on how many the newest change is in force: a revocation, say. LIST is the age of an ' +
        "instance's list of changes; PUSH is up while it hears of them as they are made, and down while it has to ask.",
    )
    .option('--change <number>', 'ask for this change in place of the newest', number)
  withJson(command).action((options: JsonOption & { change?: number }) =>
    answer(terminal, options, async postern => {
      const { data } = await postern.GET('/v1/instances', { params: { query: given({ seq: options.change }) } })
      return {
        data,
        text: layout => table(COLUMNS, data.items, layout),
        notes: [inForceText(data.in_force)],
      }
    }),
  )
  examples(command, [
    ['postern instance list', 'Show them as a table.'],
    ['postern instance list --change 4711', 'See where this change is in force.'],
  ])
}

function inForceText({ seq, on, of }: InForce): string {
  return `Change ${seq} is in force on ${on} of ${of} ${of === 1 ? 'proxy' : 'proxies'}.`
}

function number(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('A change has a number.')
  return Number(value)
}

const COLUMNS: readonly Column<Instance>[] = [
  { title: 'ID', kind: 'id', cell: instance => instance.id },
  { title: 'HOST', kind: 'id', cell: instance => instance.host },
  { title: 'RUNS', kind: 'fact', cell: instance => (instance.runs_proxy ? 'proxy' : 'api'), optional: true },
  { title: 'STATE', kind: 'fact', cell: instance => instance.state },
  { title: 'SINCE', kind: 'fact', cell: instance => time(instance.started_at), optional: true },
  { title: 'LIST', kind: 'fact', cell: ({ list_age_seconds: age }) => (age === null ? '-' : duration(age)) },
  { title: 'PUSH', kind: 'fact', cell: ({ push }) => push ?? '-', optional: true },
  { title: 'IN FORCE', kind: 'fact', cell: instance => (instance.in_force ? 'yes' : 'no') },
]
