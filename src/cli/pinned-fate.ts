// What becomes of the service accounts that a deleted account has made: options that deleting people and machines share.

import { Option, type Command } from 'commander'
import { given } from './answer.js'

export interface FateOptions {
  readonly transferTo?: string
  readonly deleteAccounts?: boolean
}

/** Adds `--transfer-to` and `--delete-accounts`. */
export function withPinnedFate(command: Command): Command {
  return command
    .option('--transfer-to <email>', 'make this person answer for them, whose roles cap them from then on')
    .addOption(new Option('--delete-accounts', 'delete them too').conflicts('transferTo'))
}

/** The same as the API takes it. */
export function fateQuery({ transferTo, deleteAccounts }: FateOptions) {
  return given({ transfer_to: transferTo, pinned_accounts: deleteAccounts ? ('delete' as const) : undefined })
}

/** Said in a question before it is done. */
export function fateText({ deleteAccounts }: FateOptions, whose: string): string {
  return deleteAccounts ? ` and the service accounts that ${whose} made` : ''
}
