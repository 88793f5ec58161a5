// `postern account edit`: of the accounts in groups; a pinned one never changes.

import type { Command } from 'commander'
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
}

/** Adds `account edit`. */
export function addAccountEdit(account: Command, terminal: Terminal): void {
  const command = account
    .command('edit <name>')
    .summary('change its description or groups')
    .description(
      'Change a service account that was made with --group. The groups given are all that it is in then: leaving one ' +
        'ends the sessions that depended on it, so that is asked first. --description "" takes the description away.',
    )
    .option('--description <text>', 'what it is for')
    .option('--group <name...>', 'which groups it is in; may be given several times', collect)
  withJson(withYes(command)).action((name: string, options: EditOptions) => {
    const body = wanted(options)
    return answer(terminal, { ...options, names: given({ account: [name], group: options.group }) }, async postern => {
      const params = { path: { name } }
      const { data: before, response } = await postern.GET('/v1/service-accounts/{name}', { params })
      const left = leaves(before, options.group)
      if (left.length > 0) await confirm(terminal, `Take ${name} out of ${left.join(', ')}?`, options)
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
  ])
}

function wanted({ description, group }: EditOptions): Edit {
  const edit = given({
    description: description === '' ? null : description,
    groups: group && [...new Set(group)],
  })
  return atLeastOne(edit, '--description or --group')
}

function leaves({ scope }: Account, groups: readonly string[] | undefined): string[] {
  if (groups === undefined || scope.type !== 'groups') return []
  return scope.groups.filter(group => !groups.includes(group))
}
