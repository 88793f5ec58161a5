// `postern login-block`: the networks whose logins are refused, as they showed too many bad tokens.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer } from './answer.js'
import { examples, withJson, type JsonOption } from './help.js'
import { table, time, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type LoginBlock = components['schemas']['LoginBlock']

/** Adds `login-block` and what is below it. */
export function loginBlockCommands(program: Command, terminal: Terminal): void {
  const block = program
    .command('login-block')
    .summary('see and lift blocks of networks')
    .description(
      'Networks whose logins are refused for a while, right tokens too, as they showed too many bad ones. A token that ' +
        'is tried again and again counts once.',
    )
  examples(block, [
    ['postern login-block list', 'Show which networks are refused, and until when.'],
    ['postern login-block remove 192.0.2.7', 'Let the network of this address try again.'],
  ])
  addList(block, terminal)
  addRemove(block, terminal)
}

function addList(block: Command, terminal: Terminal): void {
  const command = block
    .command('list')
    .summary('list blocked networks')
    .description('List the networks whose logins are refused on any instance, those for longest first.')
  withJson(command).action((options: JsonOption) =>
    answer(terminal, options, async postern => {
      const { data } = await postern.GET('/v1/login-blocks')
      return { data: data.items, text: layout => table(COLUMNS, data.items, layout) }
    }),
  )
  examples(command, [['postern login-block list', 'Show them as a table.']])
}

function addRemove(block: Command, terminal: Terminal): void {
  const command = block
    .command('remove <address>')
    .summary('let a network try again')
    .description('Let the network of an address try again, or all that are in a network, on all instances.')
  withJson(command).action((address: string, options: JsonOption) =>
    answer(terminal, options, async postern => {
      const { data } = await postern.DELETE('/v1/login-blocks/{address}', { params: { path: { address } } })
      const networks = data.items.map(({ network }) => network).join(', ')
      return {
        data,
        text: () => `Letting ${networks} try again.`,
        notes: [`Where that is in force: postern instance list --change ${data.seq}`],
      }
    }),
  )
  examples(command, [
    ['postern login-block remove 192.0.2.7', 'Let the network of this address try again.'],
    ['postern login-block remove 192.0.2.0/24', 'Let all in this network try again.'],
  ])
}

const COLUMNS: readonly Column<LoginBlock>[] = [
  { title: 'NETWORK', kind: 'id', cell: block => block.network },
  { title: 'BAD TOKENS', kind: 'fact', cell: block => String(block.bad_tokens), optional: true },
  { title: 'SINCE', kind: 'fact', cell: block => time(block.since), optional: true },
  { title: 'UNTIL', kind: 'fact', cell: block => time(block.until) },
  { title: 'INSTANCES', kind: 'fact', cell: block => String(block.instances), optional: true },
]
