// Shell completion, the shell-free part: what may come next on a command line, read from the tree of commands.

import type { Argument, Command, Option } from 'commander'
import { NOUNS, type Noun } from './names.js'

export interface Candidate {
  readonly value: string
  /** One line for the person; may be empty. */
  readonly meaning: string
}

/** What may stand where the cursor is. */
export type Wanted =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  /** A name that only the API knows, after a part that stays as it is: `--database=`. */
  | { readonly kind: 'names'; readonly noun: Noun; readonly before: string }
  | { readonly kind: 'files' }

const NOTHING: Wanted = { kind: 'words', candidates: [] }

/** Tells what may come next.
 * @param words what follows the command's own name, up to the cursor; the last is unfinished and may be empty. */
export function complete(program: Command, words: readonly string[]): Wanted {
  const current = words.at(-1) ?? ''
  const place = walk(program, words.slice(0, -1))
  if (place.awaits) return valuesOf(place.awaits, place.command, current, '')
  if (place.isOptions && current.startsWith('-')) return optionsOf(place, current)
  const { command, operands } = place
  if (command.commands.length > 0) return operands === 0 ? keep(subcommands(command), current) : NOTHING
  const last = command.registeredArguments.at(-1)
  const argument = command.registeredArguments[operands] ?? (last?.variadic ? last : undefined)
  return argument ? valuesOf(argument, command, current, '') : NOTHING
}

interface Place {
  readonly command: Command
  /** How many arguments it has been given. */
  readonly operands: number
  /** The option whose value comes next. */
  readonly awaits: Option | undefined
  /** False after `--`. */
  readonly isOptions: boolean
  readonly used: ReadonlySet<Option>
}

/** Finds the place after these words, as commander would read them. */
function walk(program: Command, words: readonly string[]): Place {
  let command = program
  let operands = 0
  let awaits: Option | undefined
  let isOptions = true
  const used = new Set<Option>()
  for (const word of words) {
    if (awaits) {
      awaits = undefined
      continue
    }
    if (isOptions && word === '--') {
      isOptions = false
      continue
    }
    if (isOptions && word.startsWith('--')) {
      const option = findOption(command, word)
      if (option) used.add(option)
      awaits = option?.required && !word.includes('=') ? option : undefined
      continue
    }
    const next = operands === 0 && isOptions ? command.commands.find(child => child.name() === word) : undefined
    if (next) command = next
    else operands++
  }
  return { command, operands, awaits, isOptions, used }
}

function findOption(command: Command, word: string): Option | undefined {
  const [long] = word.split('=')
  return command.options.find(option => option.long === long)
}

function subcommands(command: Command): Candidate[] {
  const shown = command.createHelp().visibleCommands(command)
  return shown.map(child => ({ value: child.name(), meaning: child.summary() || child.description() }))
}

function optionsOf({ command, used }: Place, current: string): Wanted {
  const option = current.includes('=') ? findOption(command, current) : undefined
  if (option) return valuesOf(option, command, current, `${option.long}=`)
  const help = command.createHelp()
  const free = help.visibleOptions(command).filter(option => option.variadic || !used.has(option))
  return keep(
    free.flatMap(({ long, description }) => (long ? [{ value: long, meaning: description }] : [])),
    current,
  )
}

/** What an option or argument takes: one of its choices, or what the word in its brackets says. */
function valuesOf(owner: Option | Argument, command: Command, current: string, before: string): Wanted {
  if (owner.argChoices) return keep(owner.argChoices.map(value => ({ value: before + value, meaning: '' })), current) // prettier-ignore
  const placeholder = placeholderOf(owner)
  if (placeholder === '-') return keep([{ value: `${before}-`, meaning: 'read it from stdin' }], current)
  if (placeholder === 'file' || placeholder === 'dir') return { kind: 'files' }
  const noun = NOUNS.find(noun => noun === (placeholder === 'name' ? ownNoun(owner, command) : placeholder))
  return noun ? { kind: 'names', noun, before } : NOTHING
}

function placeholderOf(owner: Option | Argument): string {
  const written = 'flags' in owner ? (/[<[](.+?)(?:\.\.\.)?[>\]]/.exec(owner.flags)?.[1] ?? '') : owner.name()
  // People are called by their address.
  return written === 'email' ? 'user' : written
}

/** `<name>` is that of what the option or the command is about; of a new thing there is none yet. */
function ownNoun(owner: Option | Argument, command: Command): string | undefined {
  if ('flags' in owner) return owner.long?.slice(2)
  return ['create', 'add'].includes(command.name()) ? undefined : command.parent?.name()
}

function keep(candidates: readonly Candidate[], current: string): Wanted {
  return { kind: 'words', candidates: candidates.filter(({ value }) => value.startsWith(current)) }
}
