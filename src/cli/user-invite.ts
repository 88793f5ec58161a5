// `postern user invite`, `invitations` and `uninvite`: how people come in.

import type { Command } from 'commander'
import type { PosternClient } from '../sdk/client.js'
import type { components } from '../sdk/openapi.js'
import { answer } from './answer.js'
import { CommandError } from './command-error.js'
import { examples, withJson, type JsonOption } from './help.js'
import { linkSecret, newLinkFor } from './link-secret.js'
import { all } from './listing.js'
import { orgRoleOption, type OrgRole } from './org-role.js'
import { table, time, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type Invitation = components['schemas']['Invitation']

/** Adds `user invite`. */
export function addInvite(user: Command, terminal: Terminal): void {
  const command = user
    .command('invite <email>')
    .summary('make a link for a new person')
    .description(
      'Invite a person. Their link goes to stdout, alone on a line; all else goes to stderr. It lets in whoever has ' +
        'it, once: give it to them by a way that you trust. It takes the place of an open one for the same address.',
    )
    .addOption(orgRoleOption())
  withJson(command).action((email: string, options: JsonOption & { role: OrgRole }) =>
    answer(terminal, { ...options, creates: newLinkFor(email) }, async postern => {
      const { data: made } = await postern.POST('/v1/invitations', { body: { email, org_role: options.role } })
      const until = `${time(made.invitation.expires_at)} UTC`
      return {
        data: made,
        text: () => made.url,
        secret: linkSecret(postern, { id: made.invitation.id, email }),
        notes: [`Invited ${email} as ${options.role}; the link works once, until ${until}.`],
      }
    }),
  )
  examples(command, [
    ['postern user invite ada@example.com --role member', 'Show the link for a new member.'],
    ['postern user invite ada@example.com --role viewer > link', 'Write it to a file.'],
  ])
}

/** Adds `user invitations`. */
export function addInvitations(user: Command, terminal: Terminal): void {
  const command = user
    .command('invitations')
    .summary('list invitations')
    .description('List invitations, the newest first, those that are over too. Their links can not be shown again.')
  withJson(command).action((options: JsonOption) =>
    answer(terminal, options, async postern => {
      const invitations = await listInvitations(postern)
      return { data: invitations, text: layout => table(COLUMNS, invitations, layout) }
    }),
  )
  examples(command, [['postern user invitations', 'Show them as a table.']])
}

/** Adds `user uninvite`. */
export function addUninvite(user: Command, terminal: Terminal): void {
  const command = user
    .command('uninvite <email>')
    .summary('take an invitation back')
    .description('Take the open invitation of a person back: its link works no more.')
  withJson(command).action((email: string, options: JsonOption) =>
    answer(terminal, options, async postern => {
      const open = (await listInvitations(postern)).find(
        invitation => invitation.state === 'pending' && invitation.email === email.toLowerCase(),
      )
      if (!open) throw new CommandError(`no invitation of ${email} is open`, 'postern user invitations shows all')
      await postern.DELETE('/v1/invitations/{id}', { params: { path: { id: open.id } } })
      return { data: { id: open.id, email, revoked: true }, text: () => `Took the invitation of ${email} back.` }
    }),
  )
  examples(command, [['postern user uninvite ada@example.com', 'Make the link useless.']])
}

function listInvitations(postern: PosternClient): Promise<Invitation[]> {
  return all(async query => (await postern.GET('/v1/invitations', { params: { query } })).data)
}

const COLUMNS: readonly Column<Invitation>[] = [
  { title: 'EMAIL', kind: 'id', cell: invitation => invitation.email },
  { title: 'ROLE', kind: 'fact', cell: invitation => invitation.org_role },
  { title: 'STATE', kind: 'fact', cell: invitation => invitation.state },
  { title: 'INVITED BY', kind: 'id', cell: invitation => invitation.invited_by ?? '-', optional: true },
  { title: 'EXPIRES', kind: 'fact', cell: invitation => time(invitation.expires_at) },
]
