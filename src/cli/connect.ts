// `postern connect`: how tools, drivers and ORMs connect with an account.

import { Option, type Command } from 'commander'
import { answer, type Answer } from './answer.js'
import { usageError } from './command-error.js'
import { connectionText, FORMATS, formatText, toolText, type Format, type Tool } from './connection-text.js'
import { examples, withJson, type JsonOption } from './help.js'
import { ofAccount } from './names.js'
import type { Terminal } from './terminal.js'

interface ConnectOptions extends JsonOption {
  readonly database: string
  readonly format?: Format
  readonly tool?: string
}

/** Adds `connect`. */
export function connectCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('connect <account>')
    .summary('show how to connect with an account')
    .description(
      'Show connection strings for an account and a database, for tools, drivers and ORMs. <token> stands for the ' +
        'token of one of its keys, which is not known here: postern key create makes one.',
    )
    .requiredOption('--database <name>', 'which database')
    .addOption(new Option('--format <format>', 'print this form only').choices(Object.keys(FORMATS)))
    .addOption(new Option('--tool <name>', 'print how this tool or library connects').conflicts('format'))
  withJson(command).action((account: string, options: ConnectOptions) => {
    const names = { ...ofAccount(account), database: [options.database] }
    return answer(terminal, { ...options, names }, async (postern): Promise<Answer> => {
      const params = { path: { name: options.database }, query: { account } }
      const { data: connection } = await postern.GET('/v1/databases/{name}/connect', { params })
      const { format, tool } = options
      if (tool !== undefined) {
        const found = findTool(connection.tools, tool)
        return { data: found, text: layout => toolText(found, layout) }
      }
      if (format !== undefined) return { data: connection, text: () => formatText(format, connection) }
      return { data: connection, text: layout => connectionText(connection, layout), notes: connection.notes }
    })
  })
  examples(command, [
    ['postern connect robot --database shop', 'Show every form.'],
    ['postern connect robot --database shop --format uri', 'Print the URI only.'],
    ['postern connect robot --database shop --tool prisma', 'Show what Prisma needs.'],
  ])
}

function findTool(tools: readonly Tool[], name: string): Tool {
  const found = tools.find(({ tool }) => tool.toLowerCase() === name.toLowerCase())
  if (found) return found
  throw usageError(`nothing is known of a tool ${name}`, `one of ${tools.map(({ tool }) => tool).join(', ')}`)
}
