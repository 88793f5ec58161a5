// `postern database grant`: the roles that people have on a database by themselves, without a group.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer } from './answer.js'
import { examples, roleArgument, withJson, type JsonOption, type Role } from './help.js'
import { table, time, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type Grant = components['schemas']['Grant']

/** Adds `database grant` and what is below it. */
export function addDatabaseGrant(database: Command, terminal: Terminal): void {
  const grant = database
    .command('grant')
    .summary('give a person a role')
    .description('Grants of people: a role of their own on a database. Several people are better put into a group.')
  examples(grant, [
    ['postern database grant set shop ada@example.com reader', 'Let a person read shop.'],
    ['postern database grant list shop', 'Show who has a role of their own there.'],
  ])
  addSet(grant, terminal)
  addRemove(grant, terminal)
  addList(grant, terminal)
}

function addSet(grant: Command, terminal: Terminal): void {
  const command = grant
    .command('set <database> <email>')
    .addArgument(roleArgument())
    .summary('give a person a role on a database')
    .description(
      'Give a person a role on a database, in place of the one they had there. A lesser role ends the sessions that ' +
        'depended on the greater one, those of service accounts that they made too.',
    )
  withJson(command).action((name: string, account: string, role: Role, options: JsonOption) =>
    answer(terminal, { ...options, names: { database: [name], user: [account] } }, async postern => {
      const params = { path: { name, account } }
      const { data: set } = await postern.PUT('/v1/databases/{name}/grants/{account}', { params, body: { role } })
      return { data: set, text: () => `${account} is ${role} on ${name}.` }
    }),
  )
  examples(command, [['postern database grant set shop ada@example.com writer', 'Let a person write to shop.']])
}

function addRemove(grant: Command, terminal: Terminal): void {
  const command = grant
    .command('remove <database> <email>')
    .summary("take a person's role away")
    .description('Take the role of a person on a database away. The sessions that depended on it end.')
  withJson(command).action((name: string, account: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { database: [name], user: [account] } }, async postern => {
      await postern.DELETE('/v1/databases/{name}/grants/{account}', { params: { path: { name, account } } })
      const text = (): string => `${account} has no role of their own on ${name} any more.`
      return { data: { database: name, account, removed: true }, text }
    }),
  )
  examples(command, [['postern database grant remove shop ada@example.com', 'Take shop away from a person.']])
}

function addList(grant: Command, terminal: Terminal): void {
  const command = grant
    .command('list <database>')
    .summary('list people with a role of their own')
    .description('List the people who have a role of their own on a database.')
  withJson(command).action((name: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { database: [name] } }, async postern => {
      // The API gives them all in one page.
      const { data } = await postern.GET('/v1/databases/{name}/grants', { params: { path: { name } } })
      return { data: data.items, text: layout => table(COLUMNS, data.items, layout) }
    }),
  )
  examples(command, [['postern database grant list shop', 'Show them as a table.']])
}

const COLUMNS: readonly Column<Grant>[] = [
  { title: 'PERSON', kind: 'id', cell: grant => grant.account },
  { title: 'ROLE', kind: 'fact', cell: grant => grant.role },
  { title: 'SINCE', kind: 'fact', cell: grant => time(grant.created_at), optional: true },
]
