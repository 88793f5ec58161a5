// `postern account create`: a service account, with what it may reach for as long as it lives.

import { Option, type Command } from 'commander'
import { accountText } from './account-text.js'
import { answer, given } from './answer.js'
import { collect, examples, withJson, type JsonOption } from './help.js'
import type { Terminal } from './terminal.js'

interface CreateOptions extends JsonOption {
  readonly role: 'reader' | 'writer' | 'admin'
  readonly database: readonly string[]
  readonly description?: string
}

/** Adds `account create`. */
export function addAccountCreate(account: Command, terminal: Terminal): void {
  const command = account
    .command('create <name>')
    .summary('make a service account')
    .description(
      'Make a service account with one role on a fixed set of databases. Its role can not be above your own on any ' +
        'of them, now or later. What it may reach is never edited: delete it and make another.',
    )
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['reader', 'writer', 'admin']).makeOptionMandatory(),
    )
    .requiredOption('--database <name...>', 'where; may be given several times', collect)
    .option('--description <text>', 'what it is for')
  withJson(command).action((name: string, options: CreateOptions) =>
    answer(terminal, options, async postern => {
      const { role, database, description } = options
      const scope = { type: 'pinned' as const, role, databases: [...new Set(database)] }
      const body = { name, ...given({ description }), scope }
      const { data: made } = await postern.POST('/v1/service-accounts', { body })
      return {
        data: made,
        text: layout => `Made service account ${name}.\n\n${accountText(made, layout)}`,
        notes: [`It can not connect before it has a key: postern key create ${name}`],
      }
    }),
  )
  examples(command, [
    ['postern account create robot --role reader --database shop', 'Let robot read shop.'],
    ['postern account create etl --role writer --database shop stock', 'Let etl write to both.'],
  ])
}
