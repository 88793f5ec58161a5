// Secrets come in through stdin, or by a question without echo: arguments can be read by everyone on the machine.

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError, usageError } from './command-error.js'
import type { Terminal } from './terminal.js'

/** The word that stands for "read it from stdin" in place of a secret. */
export const FROM_STDIN = '-'

// Several URLs of a few kilobytes; whoever pipes more has mixed something up.
const MAX_INPUT_BYTES = 65_536

/** Hands out secrets one at a time, in the order asked for: line by line from stdin, or from the person at it. */
export class SecretInput {
  readonly #terminal: Terminal
  #lines: string[] | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** True when there is someone to ask. */
  get canAsk(): boolean {
    return this.#terminal.stdin.isTTY === true
  }

  /** Gives the next secret.
   * @param what names it in the question and in errors, as in "token" or "--url".
   * @throws CommandError when nothing is given. */
  async next(what: string): Promise<string> {
    const given = this.canAsk ? await ask(this.#terminal, `${what}: `) : await this.#nextLine()
    const secret = given?.trim()
    if (!secret) throw usageError(`nothing was given for ${what}`, `write it to stdin, one line for each "-"`)
    return secret
  }

  async #nextLine(): Promise<string | undefined> {
    this.#lines ??= (await readAll(this.#terminal)).split('\n').filter(line => line.trim() !== '')
    return this.#lines.shift()
  }
}

/** Asks a question on stderr and reads the answer without showing it.
 * @throws CommandError when the person presses Ctrl-C or Ctrl-D. */
function ask(terminal: Terminal, question: string): Promise<string> {
  terminal.stderr.write(question)
  // readline switches the terminal's own echo off and echoes by itself: into nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: terminal.stdin, output: nowhere, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    lines.once('line', line => {
      resolve(line)
      lines.close()
    })
    lines.once('SIGINT', () => lines.close())
    lines.once('close', () => {
      terminal.stderr.write('\n')
      reject(new CommandError('cancelled', 'nothing was changed'))
    })
  })
}

async function readAll(terminal: Terminal): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of terminal.stdin) {
    const piece = Buffer.from(chunk as string | Uint8Array)
    bytes += piece.length
    if (bytes > MAX_INPUT_BYTES) throw usageError('stdin is too long', 'write only what was asked for, a line each')
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}
