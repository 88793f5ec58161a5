// `postern user password-link`: for a person who has forgotten their password.

import type { Command } from 'commander'
import { answer } from './answer.js'
import { examples, withJson, type JsonOption } from './help.js'
import { linkSecret, newLinkFor } from './link-secret.js'
import { time } from './table.js'
import type { Terminal } from './terminal.js'

/** Adds `user password-link`. */
export function addPasswordLink(user: Command, terminal: Terminal): void {
  const command = user
    .command('password-link <email>')
    .summary('make a link to choose a new password')
    .description(
      'Make a link by which a person chooses a new password for the console. The link goes to stdout, alone on a line; ' +
        'all else goes to stderr. It works once, for anyone who has it: send it over a channel that you trust. Until ' +
        'then the old password works. Keys and live sessions are not affected.',
    )
  withJson(command).action((email: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { user: [email] }, creates: newLinkFor(email) }, async postern => {
      const { data: made } = await postern.POST('/v1/users/{email}/password-link', { params: { path: { email } } })
      return {
        data: made,
        text: () => made.url,
        secret: linkSecret(postern, { id: made.invitation.id, email }),
        notes: [
          `Made a password link for ${made.invitation.email}. It works once, until ${time(made.invitation.expires_at)} UTC.`,
          'This is the only time that it is shown. It replaces an earlier link for the same person.',
        ],
      }
    }),
  )
  examples(command, [
    ['postern user password-link ada@example.com', 'Show the link.'],
    ['postern user password-link ada@example.com > link', 'Write it to a file.'],
  ])
}
