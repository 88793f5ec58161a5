// `postern explain`: may this account use that database, as what, and why.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given, type Answer } from './answer.js'
import { becauseText } from './because.js'
import { examples, withJson, type JsonOption } from './help.js'
import { ofAccount } from './names.js'
import { details, type Layout } from './table.js'
import type { Terminal } from './terminal.js'

type Explanation = components['schemas']['Explanation']
type Reason = NonNullable<Explanation['reason']>

/** Adds `explain`. */
export function explainCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('explain <account> <database>')
    .summary('tell whether an account may use a database')
    .description(
      'Tell whether an account may use a database, as which role, and which rule gives it or stands in the way: by ' +
        'what decides at the proxy. Exit code 1 when it may not.',
    )
    .option('--from <address>', 'for a client at this address')
  withJson(command).action((account: string, database: string, options: JsonOption & { from?: string }) => {
    const names = { ...ofAccount(account), database: [database] }
    return answer(terminal, { ...options, names }, async (postern): Promise<Answer> => {
      const { data: found } = await postern.GET('/v1/explain', {
        params: { query: { account, database, ...given({ address: options.from }) } },
      })
      if (found.reason === null) return { data: found, text: layout => allowedText(found, layout) }
      const failure = {
        message: `${account} may not use ${database}: ${lower(found.detail)}`,
        hint: HINTS[found.reason],
      }
      return { data: found, text: () => '', failure }
    })
  })
  examples(command, [
    ['postern explain robot shop', 'See as what robot logs in to shop, and why.'],
    ['postern explain robot shop --from 192.0.2.7', 'Tell whether it may from there.'],
    ['postern explain robot shop --json | jq -r .role', 'Print its role only.'],
  ])
}

const HINTS: Readonly<Record<Reason, string>> = {
  unknown_account: 'postern account list and postern user list show who there is',
  deleted: 'make it again: postern account create',
  disabled: 'let it work again: postern account enable, or postern user activate',
  no_active_key: 'make one: postern key create',
  database_unknown: 'postern database list shows those that there are',
  not_granted: 'see postern group grant set, and postern database grant set',
  databases_removed: 'create a new account: postern account create NAME --role ROLE --database DATABASE',
  address: 'connect from a network of its list: postern account show; of an account in groups admins can edit it',
  maker_inactive: 'activate its maker, or make another account',
  maker_lost_it: 'give its maker a role there again, or make another account',
}

function allowedText({ detail, login, because, allow_from: allowFrom }: Explanation, layout: Layout): string {
  const pairs: [string, string][] = []
  if (because) pairs.push(['Because', becauseText(because)])
  if (allowFrom) pairs.push(['Only from', allowFrom.join(', ')])
  if (login !== undefined) pairs.push(['Login', login])
  return [detail, ...(pairs.length > 0 ? [details(pairs, layout)] : [])].join('\n\n')
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '')
}
