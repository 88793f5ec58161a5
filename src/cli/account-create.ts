// `postern account create`: a service account, with what it may reach.

import { Option, type Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { accountText } from './account-text.js'
import { answer, given } from './answer.js'
import { usageError } from './command-error.js'
import { collect, examples, ROLES, withJson, type JsonOption, type Role } from './help.js'
import type { Terminal } from './terminal.js'

type Scope = components['schemas']['NewServiceAccount']['scope']

interface CreateOptions extends JsonOption {
  readonly role?: Role
  readonly database?: readonly string[]
  readonly group?: readonly string[]
  readonly description?: string
  readonly allowFrom?: readonly string[]
}

/** Adds `account create`. */
export function addAccountCreate(account: Command, terminal: Terminal): void {
  const command = account
    .command('create <name>')
    .summary('make a service account')
    .description(
      'Make a service account, of one of two kinds. With --role and --database it has that role on those databases ' +
        'for as long as it lives: what it may reach is never edited, and its role can not be above your own on any of ' +
        'them, now or later. With --group it has what its groups give; admins make and edit those.',
    )
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).conflicts('group'))
    .addOption(
      new Option('--database <name...>', 'where; may be given several times').argParser(collect).conflicts('group'),
    )
    .option('--group <name...>', 'which groups it is in; may be given several times', collect)
    .option('--description <text>', 'what it is for')
    .option('--allow-from <network...>', 'the only networks or addresses that it may log in from', collect)
  withJson(command).action((name: string, options: CreateOptions) => {
    const { description, database, group, allowFrom } = options
    const scope = scopeOf(options)
    return answer(terminal, { ...options, names: given({ database, group }) }, async postern => {
      const { data: made } = await postern.POST('/v1/service-accounts', {
        body: { name, ...given({ description, allow_from: allowFrom && [...new Set(allowFrom)] }), scope },
      })
      return {
        data: made,
        text: layout => `Made service account ${name}.\n\n${accountText(made, layout)}`,
        notes: [`It can not connect before it has a key: postern key create ${name}`],
      }
    })
  })
  examples(command, [
    ['postern account create robot --role reader --database shop', 'Let robot read shop.'],
    ['postern account create etl --role writer --database shop stock', 'Let etl write to both.'],
    ['postern account create nightly --group analysts', 'Let nightly do what analysts may.'],
    ['postern account create ci --group ci --allow-from 192.0.2.0/24', 'Let it in from this network only.'],
  ])
}

function scopeOf({ role, database, group }: CreateOptions): Scope {
  if (group) return { type: 'groups', groups: [...new Set(group)] }
  if (role && database) return { type: 'pinned', role, databases: [...new Set(database)] }
  throw usageError('what the account may reach is not given', 'give --role and --database, or --group')
}
