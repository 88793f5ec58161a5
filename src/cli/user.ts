// `postern user`: the people of the organization; user-invite.ts brings new ones in, user-delete.ts takes them out.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given } from './answer.js'
import { examples, withJson, withSearch, type JsonOption, type SearchOption } from './help.js'
import { all } from './listing.js'
import { orgRoleOption, type OrgRole } from './org-role.js'
import { details, table, time, type Column, type Layout } from './table.js'
import type { Terminal } from './terminal.js'
import { addUserDelete } from './user-delete.js'
import { addInvitations, addInvite, addUninvite } from './user-invite.js'
import { addPasswordLink } from './user-password-link.js'

type User = components['schemas']['User']

/** Adds `user` and what is below it. */
export function userCommands(program: Command, terminal: Terminal): void {
  const user = program
    .command('user')
    .summary('invite and manage people')
    .description('People of the organization, by their e-mail addresses.')
  examples(user, [
    ['postern user invite ada@example.com --role member', 'Invite a person; their link is shown this once.'],
    ['postern user deactivate ada@example.com', 'Stop all that a person does.'],
  ])
  addInvite(user, terminal)
  addInvitations(user, terminal)
  addUninvite(user, terminal)
  addList(user, terminal)
  addShow(user, terminal)
  addEdit(user, terminal)
  addSwitch(user, terminal, 'deactivate')
  addSwitch(user, terminal, 'activate')
  addPasswordLink(user, terminal)
  addUserDelete(user, terminal)
}

function addList(user: Command, terminal: Terminal): void {
  const command = user.command('list').summary('list people').description('List the people of the organization.')
  withJson(withSearch(command, 'the e-mail address')).action((options: JsonOption & SearchOption) =>
    answer(terminal, options, async postern => {
      const filter = given({ q: options.search })
      const users = await all(
        async page => (await postern.GET('/v1/users', { params: { query: { ...filter, ...page } } })).data,
      )
      return { data: users, text: layout => table(COLUMNS, users, layout) }
    }),
  )
  examples(command, [
    ['postern user list', 'Show them as a table.'],
    ['postern user list --search @example.com', 'Show those with this text in the address.'],
    [`postern user list --json | jq -r '.[].email'`, 'Show their addresses only.'],
  ])
}

function addShow(user: Command, terminal: Terminal): void {
  const command = user.command('show <email>').summary('show one').description('Show all about a person.')
  withJson(command).action((email: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { user: [email] } }, async postern => {
      const { data: found } = await postern.GET('/v1/users/{email}', { params: { path: { email } } })
      return { data: found, text: layout => userText(found, layout) }
    }),
  )
  examples(command, [['postern user show ada@example.com', 'Show her groups and what she may do.']])
}

function addEdit(user: Command, terminal: Terminal): void {
  const command = user
    .command('edit <email>')
    .summary('change what one may do')
    .description('Change what a person may do in the organization. Their roles on databases stay as they are.')
    .addOption(orgRoleOption())
  withJson(command).action((email: string, options: JsonOption & { role: OrgRole }) =>
    answer(terminal, { ...options, names: { user: [email] } }, async postern => {
      const request = { params: { path: { email } }, body: { org_role: options.role } }
      const { data: changed } = await postern.PATCH('/v1/users/{email}', request)
      return { data: changed, text: () => `${email} is ${changed.org_role}.` }
    }),
  )
  examples(command, [['postern user edit ada@example.com --role admin', 'Make her an admin.']])
}

const SWITCHES = {
  deactivate: {
    description:
      'Stop all that a person does: they are signed out, their keys are refused, their sessions end, and the pinned ' +
      'accounts that they made reach nothing, until they are activated again.',
    done: 'Deactivated',
    example: 'Stop all that she does.',
  },
  activate: {
    description: 'Let a person work again, with the same keys. They have to sign in anew.',
    done: 'Activated',
    example: 'Let her work again.',
  },
} as const

function addSwitch(user: Command, terminal: Terminal, verb: keyof typeof SWITCHES): void {
  const { description, done, example } = SWITCHES[verb]
  const command = user.command(`${verb} <email>`).summary(`${verb} one`).description(description)
  withJson(command).action((email: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { user: [email] } }, async postern => {
      const path = `/v1/users/{email}/${verb}` as const
      const { data: changed } = await postern.POST(path, { params: { path: { email } } })
      return { data: changed, text: () => `${done} ${email}.` }
    }),
  )
  examples(command, [[`postern user ${verb} ada@example.com`, example]])
}

const COLUMNS: readonly Column<User>[] = [
  { title: 'EMAIL', kind: 'id', cell: user => user.email },
  { title: 'ROLE', kind: 'fact', cell: user => user.org_role },
  { title: 'STATE', kind: 'fact', cell: user => user.state },
  { title: 'KEYS', kind: 'fact', cell: user => String(user.active_keys), optional: true },
  { title: 'GROUPS', kind: 'id', cell: user => user.groups.join(', ') || '-' },
]

function userText(user: User, layout: Layout): string {
  const state = user.deactivated_at ? `deactivated since ${time(user.deactivated_at)} UTC` : user.state
  const byGroup = user.administers && user.org_role !== 'admin' ? ', administers through a group' : ''
  return details(
    [
      ['E-mail', user.email],
      ['Role', user.org_role + byGroup],
      ['State', state],
      ['Groups', user.groups.join(', ') || '-'],
      ['Active keys', String(user.active_keys)],
      ['Joined', `${time(user.created_at)} UTC`],
    ],
    layout,
  )
}
