// `postern user delete`: a person leaves, and somebody has to answer for the service accounts that they made.

import type { Command } from 'commander'
import { answer } from './answer.js'
import { confirm, withYes, type YesOption } from './confirm.js'
import { examples, withJson, type JsonOption } from './help.js'
import { fateQuery, fateText, withPinnedFate, type FateOptions } from './pinned-fate.js'
import type { Terminal } from './terminal.js'

interface DeleteOptions extends JsonOption, YesOption, FateOptions {}

/** Adds `user delete`. */
export function addUserDelete(user: Command, terminal: Terminal): void {
  const command = user
    .command('delete <email>')
    .summary('delete one for good')
    .description(
      'Delete a person for good: they are signed out, their keys are revoked, their sessions end. When they have made ' +
        'service accounts with --role that live, say what becomes of those.',
    )
  withJson(withYes(withPinnedFate(command))).action(async (email: string, options: DeleteOptions) => {
    const { transferTo } = options
    await confirm(terminal, `Delete ${email}${fateText(options, 'they')} for good?`, options)
    const names = { user: transferTo === undefined ? [email] : [email, transferTo] }
    return answer(terminal, { ...options, names }, async postern => {
      await postern.DELETE('/v1/users/{email}', { params: { path: { email }, query: fateQuery(options) } })
      return { data: { email, deleted: true }, text: () => `Deleted ${email}.` }
    })
  })
  examples(command, [
    ['postern user delete ada@example.com', 'Delete her, after a question.'],
    ['postern user delete ada@example.com --transfer-to bob@example.com', 'Let Bob answer for her accounts.'],
    ['postern user delete ada@example.com --delete-accounts --yes', 'Delete them too, without a question.'],
  ])
}
