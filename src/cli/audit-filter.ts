// Which events of the audit log, as options.

import { InvalidArgumentError, Option, type Command } from 'commander'
import { findReference, REFERENCE_FORMS } from '../model/reference.js'
import { given } from './answer.js'
import { usageError } from './command-error.js'

export interface Filter {
  readonly actor?: string
  readonly action?: string
  readonly target?: string
  readonly outcome?: 'done' | 'refused'
  readonly reference?: string
  readonly from?: string
  readonly until?: string
}

/** Adds the options that choose events. */
export function withFilter(command: Command): Command {
  return command
    .option('--actor <account>', 'only what this account did')
    .option('--action <action>', 'only this: key.revoke, or key for all of keys')
    .option('--target <name>', 'only what was done to this: an account, a group, a database, a key by its id')
    .addOption(new Option('--outcome <outcome>', 'only what was done, or refused').choices(['done', 'refused']))
    .option(
      '--reference <text>',
      'only what a client was told to quote; the error around it may be given too',
      reference,
    )
    .option('--from <time>', 'not before this time, as in 2026-05-04T12:00Z', moment)
    .option('--until <time>', 'before this time', moment)
}

/** Gives the filter as the API takes it. */
export function filterQuery({ actor, action, target, outcome, reference, from, until }: Filter) {
  return given({ actor, action, target, outcome, reference, from, until })
}

// What stands around it stays here: people paste command lines that have a token in them.
function reference(text: string): string {
  const found = findReference(text)
  if (found === null) throw usageError('no reference in the text of --reference', `one looks like ${REFERENCE_FORMS}`)
  return found
}

function moment(value: string): string {
  const epochMs = Date.parse(value)
  if (Number.isNaN(epochMs)) throw new InvalidArgumentError('A time is written as in 2026-05-04T12:00Z.')
  return new Date(epochMs).toISOString()
}
