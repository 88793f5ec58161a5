// Help that shows how a command is used before it lists what can be given.

import { Option, type Command } from 'commander'

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

/** A value that may be given several times, or several in a row. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}
