// `postern group`: named sets of accounts, and what they give their members.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, atLeastOne, given } from './answer.js'
import { confirm, withYes, type YesOption } from './confirm.js'
import { addGroupGrant, groupGrants } from './group-grant.js'
import { addGroupMember, groupMembers } from './group-member.js'
import { groupText, type Group } from './group-text.js'
import { examples, withJson, withSearch, type JsonOption, type SearchOption } from './help.js'
import { all } from './listing.js'
import { table, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type GroupEdit = components['schemas']['GroupEdit']

/** Adds `group` and what is below it. */
export function groupCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('group')
    .summary('give people and accounts roles, together')
    .description('Groups: their members have the roles that the group has on databases.')
  examples(group, [
    ['postern group create analysts', 'Make a group.'],
    ['postern group grant set analysts shop reader', 'Let its members read shop.'],
    ['postern group member add analysts ada@example.com', 'Put a person into it.'],
  ])
  addCreate(group, terminal)
  addList(group, terminal)
  addShow(group, terminal)
  addEdit(group, terminal)
  addDelete(group, terminal)
  addGroupMember(group, terminal)
  addGroupGrant(group, terminal)
}

const ADMINISTERS = 'let its members administer the organization'

interface CreateOptions extends JsonOption {
  readonly description?: string
  readonly organizationAdmin?: boolean
}

function addCreate(group: Command, terminal: Terminal): void {
  const command = group
    .command('create <name>')
    .summary('make a group')
    .description('Make a group, without members and grants at first.')
    .option('--description <text>', 'what it is for')
    .option('--organization-admin', ADMINISTERS)
  withJson(command).action((name: string, options: CreateOptions) =>
    answer(terminal, options, async postern => {
      const { description, organizationAdmin } = options
      const body = { name, ...given({ description, organization_admin: organizationAdmin }) }
      const { data: made } = await postern.POST('/v1/groups', { body })
      return { data: made, text: () => `Made group ${name}.` }
    }),
  )
  examples(command, [
    ['postern group create analysts --description "They read"', 'Make a group.'],
    ['postern group create operators --organization-admin', 'Make one that administers.'],
  ])
}

function addList(group: Command, terminal: Terminal): void {
  const command = group.command('list').summary('list groups').description('List the groups of the organization.')
  withJson(withSearch(command, 'the name or the description')).action((options: JsonOption & SearchOption) =>
    answer(terminal, options, async postern => {
      const filter = given({ q: options.search })
      const groups = await all(
        async page => (await postern.GET('/v1/groups', { params: { query: { ...filter, ...page } } })).data,
      )
      return { data: groups, text: layout => table(COLUMNS, groups, layout) }
    }),
  )
  examples(command, [
    ['postern group list', 'Show them as a table.'],
    ['postern group list --search on-call', 'Show those with this text in name or description.'],
  ])
}

function addShow(group: Command, terminal: Terminal): void {
  const command = group
    .command('show <name>')
    .summary('show one')
    .description('Show a group, who is in it, and what it gives them.')
  withJson(command).action((name: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { group: [name] } }, async postern => {
      const { data: found } = await postern.GET('/v1/groups/{group}', { params: { path: { group: name } } })
      const [members, grants] = [await groupMembers(postern, name), await groupGrants(postern, name)]
      return {
        data: { ...found, members, grants },
        text: layout => groupText(found, members, grants, layout),
      }
    }),
  )
  examples(command, [['postern group show analysts', 'Show its members and grants.']])
}

interface EditOptions extends CreateOptions {
  readonly name?: string
}

function addEdit(group: Command, terminal: Terminal): void {
  const command = group
    .command('edit <name>')
    .summary('change its name, description or permission')
    .description('Change a group. What is not given stays as it is; --description "" takes the description away.')
    .option('--name <new-name>', 'call it so')
    .option('--description <text>', 'what it is for')
    .option('--organization-admin', ADMINISTERS)
    .option('--no-organization-admin', 'let them no more')
  withJson(command).action((name: string, options: EditOptions) => {
    const body = edit(options)
    return answer(terminal, { ...options, names: { group: [name] } }, async postern => {
      const { data: changed } = await postern.PATCH('/v1/groups/{group}', { params: { path: { group: name } }, body })
      return { data: changed, text: () => `Changed group ${changed.name}.` }
    })
  })
  examples(command, [
    ['postern group edit analysts --name readers', 'Rename it.'],
    ['postern group edit operators --no-organization-admin', 'Take the permission away.'],
  ])
}

function edit({ name, description, organizationAdmin }: EditOptions): GroupEdit {
  const text = description === '' ? null : description
  const wanted = given({ name, description: text, organization_admin: organizationAdmin })
  return atLeastOne(wanted, '--name, --description or --organization-admin')
}

function addDelete(group: Command, terminal: Terminal): void {
  const command = group
    .command('delete <name>')
    .summary('delete one for good')
    .description('Delete a group. Its members lose what it gave them, and the sessions that depended on it end.')
  withJson(withYes(command)).action(async (name: string, options: JsonOption & YesOption) => {
    await confirm(terminal, `Delete ${name}, and take from its members what it gives them?`, options)
    return answer(terminal, { ...options, names: { group: [name] } }, async postern => {
      await postern.DELETE('/v1/groups/{group}', { params: { path: { group: name } } })
      return { data: { name, deleted: true }, text: () => `Deleted group ${name}.` }
    })
  })
  examples(command, [
    ['postern group delete analysts', 'Delete it, after a question.'],
    ['postern group delete analysts --yes', 'Delete it without one.'],
  ])
}

const COLUMNS: readonly Column<Group>[] = [
  { title: 'NAME', kind: 'id', cell: group => group.name },
  { title: 'MEMBERS', kind: 'fact', cell: group => String(group.members), optional: true },
  { title: 'GRANTS', kind: 'fact', cell: group => String(group.grants), optional: true },
  { title: 'ADMIN', kind: 'fact', cell: group => (group.organization_admin ? 'yes' : '-') },
  { title: 'DESCRIPTION', kind: 'text', cell: group => group.description ?? '-' },
]
