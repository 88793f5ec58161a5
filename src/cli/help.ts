// Help that shows how a command is used before it lists what can be given.

import { Argument, InvalidArgumentError, Option, type Command } from 'commander'

/** Adds examples at the end of a command's help: the line to type, and below it what it does. */
export function examples(command: Command, lines: readonly (readonly [line: string, meaning: string])[]): Command {
  const text = lines.map(([line, meaning]) => `  $ ${line}\n      ${meaning}`).join('\n')
  return command.addHelpText('after', `\nExamples:\n${text}`)
}

export interface JsonOption {
  readonly json?: boolean
}

/** Adds `--json`, which every command that talks to the API has. */
export function withJson(command: Command): Command {
  return command.addOption(new Option('--json', 'print JSON, with every field'))
}

export interface SearchOption {
  readonly search?: string
}

/** Adds `--search`, which the lists that the API can search have.
 * @param texts what is searched, as in `the name` */
export function withSearch(command: Command, texts: string): Command {
  return command.option('--search <text>', `only those with this text in ${texts}, in either case`)
}

/** A value that may be given several times, or several in a row. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}

/** What an account may do on a database, from the least to the most. */
export const ROLES = ['reader', 'writer', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** `<role>`, as an argument. */
export function roleArgument(): Argument {
  return new Argument('<role>', 'what may be done').choices(ROLES)
}

/** Reads a number of days. */
export function days(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('Days are a whole number from 1.')
  return Number(value)
}
