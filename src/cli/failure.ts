// Every way a command can fail, in words: `error: …` and `hint: …`, a line each.

import { CommanderError, type Command } from 'commander'
import { redactText } from '../model/redact.js'
import { ApiError } from '../sdk/client.js'
import type { ApiAccess } from './api-access.js'
import { CommandError, type ExitCode } from './command-error.js'
import { printable } from './display-text.js'
import { hintFor } from './hints.js'
import { paintFor, print, type Terminal } from './terminal.js'

/** Says on stderr what went wrong, and tells how the process should end. */
export function report(error: unknown, program: Command, argv: readonly string[], terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return reportUsage(error, program, argv, terminal)
  if (error instanceof CommandError) return say(error, terminal)
  const what = error instanceof Error ? `${error.name}: ${error.message}` : 'no reason given'
  return say(new CommandError(`internal error in the command: ${what}`, 'this is a defect: please report it'), terminal)
}

/** Writes a warning as one line on stderr. */
export function warn(terminal: Terminal, text: string): void {
  print(terminal.stderr, `warning: ${printable(redactText(text))}`)
}

/** Turns what a call of the API threw into an error with a hint; anything unknown stays as it is.
 * @param meant the name that was meant in place of an unknown one. */
export function explain(error: unknown, access: ApiAccess, meant: string | null): unknown {
  if (error instanceof ApiError) return refused(error, access, meant)
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CommandError(`${access.url} did not answer in time`, 'try again; look at the log of Postern')
  }
  if (error instanceof TypeError && error.cause instanceof Error) return unreachable(error.cause, access)
  return error
}

function refused(error: ApiError, { source }: ApiAccess, meant: string | null): CommandError {
  const { status, detail } = error
  if (status === 401 && source === 'quickstart') {
    return new CommandError(detail, 'the token in .postern/quickstart.json is no longer good: run npm start again')
  }
  if (status === 401 && source === 'login') {
    return new CommandError(detail, 'the key that postern login keeps is no longer good: run postern login again')
  }
  if (meant !== null) return new CommandError(detail, `did you mean ${meant}? ${hintFor(error)}`)
  // Every problem of the API has a hint.
  return new CommandError(detail, hintFor(error) || `this is not the answer of a Postern API: check ${ADDRESS[source]}`)
}

/** What the address came from. */
const ADDRESS: Record<ApiAccess['source'], string> = {
  environment: 'POSTERN_API_URL',
  login: 'the --url of postern login',
  typed: '--url',
  quickstart: '.postern/quickstart.json',
}

function unreachable(cause: Error & { code?: unknown }, { url, source }: ApiAccess): CommandError {
  const code = typeof cause.code === 'string' ? cause.code : ''
  if (code === 'ECONNREFUSED') {
    const hint = `is it running? start it with npm start, or check ${ADDRESS[source]}`
    return new CommandError(`nothing answers at ${url}: connection refused`, hint)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new CommandError(`no address is known for the host in ${url}`, `check ${ADDRESS[source]} and the network`)
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    const hint = 'name the file of your certificate authority in NODE_EXTRA_CA_CERTS'
    return new CommandError(`the TLS certificate of ${url} is not trusted: ${code}`, hint)
  }
  if (cause.message === 'unexpected redirect') {
    return new CommandError(`${url} points elsewhere`, `make ${ADDRESS[source]} the address that it points to`)
  }
  return new CommandError(
    `could not talk to ${url}: ${code || cause.message}`,
    `check ${ADDRESS[source]} and the network`,
  )
}

function reportUsage(error: CommanderError, program: Command, argv: readonly string[], terminal: Terminal): ExitCode {
  // Help and version are printed already; help that nobody asked for means that a subcommand is missing.
  if (error.code === 'commander.help') return 2
  if (error.exitCode === 0) return 0
  const [first = '', second] = error.message.replace(/^error: /, '').split('\n')
  const meant = second === undefined ? '' : `${second.replace(/^\((.*)\)$/, '$1')} `
  return say(new CommandError(first, `${meant}see ${nearestCommand(program, argv)} --help`, 2), terminal)
}

function nearestCommand(program: Command, argv: readonly string[]): string {
  let command = program
  let path = program.name()
  for (const word of argv) {
    const next = command.commands.find(candidate => candidate.name() === word)
    if (!next) break
    command = next
    path += ` ${word}`
  }
  return path
}

function say({ message, hint, exitCode }: CommandError, terminal: Terminal): ExitCode {
  const paint = paintFor(terminal.stderr, terminal.env)
  print(terminal.stderr, `${paint.alarm('error:')} ${printable(redactText(message))}`)
  print(terminal.stderr, `${paint.strong('hint:')} ${printable(redactText(hint))}`)
  return exitCode
}
