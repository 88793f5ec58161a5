// The `postern` command: which subcommands there are. A noun has a file of its own.

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { accountCommands } from './account.js'
import { auditCommands } from './audit.js'
import { completionCommands } from './completion.js'
import { connectCommand } from './connect.js'
import { databaseCommands } from './database.js'
import { explainCommand } from './explain.js'
import { report } from './failure.js'
import { examples } from './help.js'
import { groupCommands } from './group.js'
import { instanceCommands } from './instance.js'
import { keyCommands } from './key.js'
import { loginBlockCommands } from './login-block.js'
import { loginCommands } from './login.js'
import { outputError } from './output.js'
import { refuseTokens } from './refuse-tokens.js'
import { serverCommands } from './server.js'
import { sessionCommands } from './session.js'
import { DEFAULT_COLUMNS, type Terminal } from './terminal.js'
import { userCommands } from './user.js'
import type { ExitCode } from './command-error.js'

/** Runs one command line.
 * @param argv without the names of node and the script.
 * @returns how the process should end. Never rejects. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let ended: number = 0 satisfies ExitCode
  // Without listeners a write that fails would end the process with a stack trace. What a command writes and waits for is
  // told by the write itself; this is for help and for the commands that run a server.
  let lost: NodeJS.ErrnoException | undefined
  terminal.stdout.on('error', (error: NodeJS.ErrnoException) => (lost ??= error))
  terminal.stderr.on('error', () => undefined)
  const program = createProgram(terminal, exitCode => (ended = exitCode))
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    ended = report(error, program, argv, terminal)
  }
  // Help is written without waiting: a stream reports an error in the next turn.
  await new Promise(setImmediate)
  if (ended === 0 && lost && lost.code !== 'EPIPE') return report(outputError(lost), program, argv, terminal)
  return ended
}

/** Builds the tree of commands.
 * @param end is told the exit code of the commands that run a server. */
export function createProgram(terminal: Terminal, end: (exitCode: number) => void): Command {
  const program = new Command('postern')
    .description('Hand out API keys instead of database passwords, and take them back.')
    .version(version())
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    // Every command has options: that leaves room for what differs.
    .configureHelp({ subcommandTerm: term })
    .configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
      // Told by `report`, with a hint.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(terminal.stdout.columns ?? DEFAULT_COLUMNS, DEFAULT_COLUMNS),
      getErrHelpWidth: () => Math.min(terminal.stderr.columns ?? DEFAULT_COLUMNS, DEFAULT_COLUMNS),
    })
  examples(program, [
    ['postern up', 'Try everything on this machine, with a sample database.'],
    ['postern account create robot --role reader --database shop', 'Make an account for a program.'],
    ['postern key create robot > token', 'Give it a key. The token is shown this once.'],
    ['postern connect robot --database shop', 'Show how tools and drivers connect with it.'],
    ['postern key revoke --token - < token', 'Take the key back: its sessions end.'],
  ]).addHelpText('after', ENVIRONMENT)
  program.commandsGroup('Run Postern:')
  serverCommands(program, end, terminal)
  program.commandsGroup('Use it:')
  loginCommands(program, terminal)
  databaseCommands(program, terminal)
  accountCommands(program, terminal)
  keyCommands(program, terminal)
  connectCommand(program, terminal)
  explainCommand(program, terminal)
  program.commandsGroup('Run an organization:')
  userCommands(program, terminal)
  groupCommands(program, terminal)
  sessionCommands(program, terminal)
  instanceCommands(program, terminal)
  loginBlockCommands(program, terminal)
  auditCommands(program, terminal)
  program.commandsGroup('And:')
  completionCommands(program, terminal)
  refuseTokens(program)
  return program
}

const ENVIRONMENT = `
Environment:
  POSTERN_API_URL  where the API is, as in https://postern.example.com
  POSTERN_API_KEY  the token to use it with
  Without both: what postern login keeps, else the nearest
  .postern/quickstart.json (postern up).

Tables: in a pipe every value is whole, on one line. At a terminal that is too
narrow, text wraps; then columns are left out, which a line below names; then
each row becomes a list. Identifiers are never cut.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage. A reader that leaves
early, as head does, is no failure. A token or link that cannot be written is
revoked.`

function term(command: Command): string {
  const args = command.registeredArguments.map(argument =>
    argument.required ? ` <${argument.name()}>` : ` [${argument.name()}]`,
  )
  return command.name() + args.join('')
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
