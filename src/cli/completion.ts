// `postern completion`: the script for a shell, and the hidden command that the script asks what may come next.

import { Argument, type Command } from 'commander'
import { createPostern } from '../sdk/client.js'
import { findApi } from './api-access.js'
import { complete, type Candidate, type Wanted } from './complete.js'
import { SCRIPTS, SHELLS, type Shell } from './completion-scripts.js'
import { printable } from './display-text.js'
import { examples } from './help.js'
import { listNames } from './names.js'
import { write } from './output.js'
import type { Terminal } from './terminal.js'

/** Adds `completion` and the hidden `__complete`. */
export function completionCommands(program: Command, terminal: Terminal): void {
  const command = program
    .command('completion')
    .summary('print the completion script of a shell')
    .description(
      'Print a script with which a shell completes commands, options, and the names of accounts, databases, groups ' +
        'and people that the API lists.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => write(terminal.stdout, SCRIPTS[shell]).then(() => undefined))
  examples(command, [
    ['source <(postern completion bash)', 'In ~/.bashrc.'],
    ['source <(postern completion zsh)', 'In ~/.zshrc, after compinit.'],
    ['postern completion fish > ~/.config/fish/completions/postern.fish', 'Once.'],
  ])
  program
    .command('__complete [words...]', { hidden: true })
    .helpOption(false)
    .action(async (words: string[]) => {
      const current = words.at(-1) ?? ''
      await write(terminal.stdout, await lines(complete(program, words), current, terminal))
    })
}

async function lines(wanted: Wanted, current: string, terminal: Terminal): Promise<string> {
  if (wanted.kind === 'files') return ':files'
  const candidates = wanted.kind === 'words' ? wanted.candidates : await names(wanted, current, terminal)
  return candidates.map(({ value, meaning }) => `${value}\t${printable(meaning)}`).join('\n')
}

// A person has pressed Tab and waits.
const TIMEOUT_MS = 2000
// Ten requests. A shell completes what all candidates begin with, which is wrong when some are missing: with more names
// than these none are offered, until the letters that are typed narrow them.
const MAX_NAMES = 2000

// What a shell takes as it is: a name that others chose must not run anything.
const PLAIN = /^[\w@%+=:,./-]+$/

async function names(
  { noun, before }: Extract<Wanted, { kind: 'names' }>,
  current: string,
  terminal: Terminal,
): Promise<Candidate[]> {
  try {
    const { url, token } = await findApi(terminal)
    const postern = createPostern({ url, token: token ?? '', timeoutMs: TIMEOUT_MS, retries: 0 })
    const search = current.slice(before.length)
    const names = await listNames(postern, noun, { search, maxItems: MAX_NAMES })
    const found = names.map(({ name, meaning }) => ({ value: before + name, meaning }))
    return found.filter(({ value }) => PLAIN.test(value) && value.startsWith(current))
  } catch {
    // No API, no login: no names. An error would be written into the line that is being typed.
    return []
  }
}
