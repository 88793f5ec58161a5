// A question before what can't be undone. Where nobody can answer it, a script has to say --yes.

import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { CommandError, usageError } from './command-error.js'
import type { Terminal } from './terminal.js'

export interface YesOption {
  readonly yes?: boolean
}

/** Adds `--yes`, which every command that asks has. */
export function withYes(command: Command): Command {
  return command.option('--yes', 'do not ask')
}

/** Asks for a yes, unless it was given.
 * @throws CommandError for any other answer, and where there is nobody to ask. */
export async function confirm(terminal: Terminal, question: string, { yes = false }: YesOption): Promise<void> {
  if (yes) return
  if (!terminal.stdin.isTTY) throw usageError(`${question} There is nobody to ask`, 'add --yes when it is meant')
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr, historySize: 0 })
  // Ctrl-C and Ctrl-D close it, and leave the question unanswered for ever.
  const closed = new Promise<string>(resolve => lines.once('close', () => resolve('no')))
  const reply = await Promise.race([lines.question(`${question} [y/N] `), closed])
  lines.close()
  if (!/^y(es)?$/i.test(reply.trim())) throw new CommandError('cancelled', 'nothing was changed')
}
