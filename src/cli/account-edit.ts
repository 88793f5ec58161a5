// `postern account edit`: of the accounts in groups; a pinned one never changes.

import { Option, type Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { accountText, type Account } from './account-text.js'
import { answer, atLeastOne, given } from './answer.js'
import { confirm, withYes, type YesOption } from './confirm.js'
import { collect, examples, withJson, type JsonOption } from './help.js'
import type { Terminal } from './terminal.js'

type Edit = components['schemas']['ServiceAccountEdit']

interface EditOptions extends JsonOption, YesOption {
  readonly description?: string
  readonly group?: readonly string[]
  readonly allowFrom?: readonly string[]
  readonly fromAnywhere?: boolean
}

/** Adds `account edit`. */
export function addAccountEdit(account: Command, terminal: Terminal): void {
  const command = account
    .command('edit <name>')
    .summary('change its description, its groups or where it may log in from')
    .description(
      'Change a service account that was made with --group. The groups given are all that it is in then: leaving one ' +
        'ends the sessions that depended on it, so that is asked first, and so is what --allow-from takes away. ' +
        '--description "" takes the description away.',
    )
    .option('--description <text>', 'what it is for')
    .option('--group <name...>', 'which groups it is in; may be given several times', collect)
    .addOption(
      new Option('--allow-from <network...>', 'the only networks or addresses that it may log in from')
        .argParser(collect)
        .conflicts('fromAnywhere'),
    )
    .option('--from-anywhere', 'let it log in from everywhere')
  withJson(withYes(command)).action((name: string, options: EditOptions) => {
    const body = wanted(options)
    return answer(terminal, { ...options, names: given({ account: [name], group: options.group }) }, async postern => {
      const params = { path: { name } }
      const { data: before, response } = await postern.GET('/v1/service-accounts/{name}', { params })
      const left = leaves(before, options.group)
      if (left.length > 0) await confirm(terminal, `Take ${name} out of ${left.join(', ')}?`, options)
      const barred = bars(before, body.allow_from)
      if (barred !== null) await confirm(terminal, `Let ${name} log in from ${barred} no more?`, options)
      // What was looked at, and maybe thought about, is what is changed: or the API says that it is another by now.
      const header = given({ 'if-match': response.headers.get('etag') ?? undefined })
      const { data: changed } = await postern.PATCH('/v1/service-accounts/{name}', {
        params: { ...params, header },
        body,
      })
      return { data: changed, text: layout => `Changed service account ${name}.\n\n${accountText(changed, layout)}` }
    })
  })
  examples(command, [
    ['postern account edit nightly --description "Sales report"', 'Say what it is for.'],
    ['postern account edit nightly --group analysts finance', 'Make these its groups.'],
    ['postern account edit nightly --allow-from 192.0.2.0/24', 'Let it log in from this network only.'],
  ])
}

function wanted({ description, group, allowFrom, fromAnywhere }: EditOptions): Edit {
  const edit = given({
    description: description === '' ? null : description,
    groups: group && [...new Set(group)],
    allow_from: fromAnywhere ? null : allowFrom && [...new Set(allowFrom)],
  })
  return atLeastOne(edit, '--description, --group, --allow-from or --from-anywhere')
}

function leaves({ scope }: Account, groups: readonly string[] | undefined): string[] {
  if (groups === undefined || scope.type !== 'groups') return []
  return scope.groups.filter(group => !groups.includes(group))
}

/** Says where it may come from now and not after this, as far as that can be told from the lists; null: nowhere. */
function bars({ allow_from: before }: Account, after: Edit['allow_from']): string | null {
  if (after === undefined || after === null) return null
  if (before === null) return 'anywhere else'
  const left = before.filter(network => !after.includes(network))
  return left.length > 0 ? left.join(', ') : null
}
