// A question before what can't be undone: only where there is a person to answer it, so that scripts don't hang.

import { createInterface } from 'node:readline/promises'
import { CommandError } from './command-error.js'
import type { Terminal } from './terminal.js'

/** Asks for a yes, if stdin is a terminal.
 * @throws CommandError for any other answer. */
export async function confirm(terminal: Terminal, question: string): Promise<void> {
  if (!terminal.stdin.isTTY) return
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr, historySize: 0 })
  // Ctrl-C and Ctrl-D close it, and leave the question unanswered for ever.
  const closed = new Promise<string>(resolve => lines.once('close', () => resolve('no')))
  const reply = await Promise.race([lines.question(`${question} [y/N] `), closed])
  lines.close()
  if (!/^y(es)?$/i.test(reply.trim())) throw new CommandError('cancelled', 'nothing was changed')
}
