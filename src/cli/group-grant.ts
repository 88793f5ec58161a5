// `postern group grant`: which roles a group gives its members.

import type { Command } from 'commander'
import type { PosternClient } from '../sdk/client.js'
import { answer, given } from './answer.js'
import { grantsText, type GroupGrant } from './group-text.js'
import { examples, roleArgument, withJson, withSearch, type JsonOption, type Role, type SearchOption } from './help.js'
import { all } from './listing.js'
import type { Terminal } from './terminal.js'

/** Adds `group grant` and what is below it. */
export function addGroupGrant(group: Command, terminal: Terminal): void {
  const grant = group
    .command('grant')
    .summary('what a group gives its members')
    .description('Grants of a group: the role that its members have on a database. The highest of all groups counts.')
  examples(grant, [
    ['postern group grant set analysts shop reader', 'Let the members of analysts read shop.'],
    ['postern group grant list analysts', 'Show what they may do.'],
  ])
  addSet(grant, terminal)
  addRemove(grant, terminal)
  addList(grant, terminal)
}

function addSet(grant: Command, terminal: Terminal): void {
  const command = grant
    .command('set <group> <database>')
    .addArgument(roleArgument())
    .summary('give a group a role on a database')
    .description(
      'Give a group a role on a database, in place of the one it had there. A lesser role ends the sessions that ' +
        'depended on the greater one.',
    )
  withJson(command).action((group: string, database: string, role: Role, options: JsonOption) =>
    answer(terminal, { ...options, names: { group: [group], database: [database] } }, async postern => {
      const params = { path: { group, database } }
      const { data: set } = await postern.PUT('/v1/groups/{group}/grants/{database}', { params, body: { role } })
      return { data: set, text: () => `${group} is ${role} on ${database}.` }
    }),
  )
  examples(command, [['postern group grant set analysts shop reader', 'Let its members read shop.']])
}

function addRemove(grant: Command, terminal: Terminal): void {
  const command = grant
    .command('remove <group> <database>')
    .summary('take the role of a group away')
    .description('Take the role of a group on a database away. The sessions that depended on it end.')
  withJson(command).action((group: string, database: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { group: [group], database: [database] } }, async postern => {
      await postern.DELETE('/v1/groups/{group}/grants/{database}', { params: { path: { group, database } } })
      const text = (): string => `${group} gives no role on ${database} any more.`
      return { data: { group, database, removed: true }, text }
    }),
  )
  examples(command, [['postern group grant remove analysts shop', 'Take shop away from its members.']])
}

function addList(grant: Command, terminal: Terminal): void {
  const command = grant
    .command('list <group>')
    .summary('list what a group gives')
    .description('List the roles that a group gives its members.')
  withJson(withSearch(command, "the database's name")).action((group: string, options: JsonOption & SearchOption) =>
    answer(terminal, { ...options, names: { group: [group] } }, async postern => {
      const grants = await groupGrants(postern, group, options)
      return { data: grants, text: layout => grantsText(grants, layout) }
    }),
  )
  examples(command, [
    ['postern group grant list analysts', 'Show them as a table.'],
    ['postern group grant list analysts --search shop', 'Show those on databases with this text in the name.'],
  ])
}

/** Lists what a group gives its members. */
export function groupGrants(
  postern: PosternClient,
  group: string,
  { search }: SearchOption = {},
): Promise<GroupGrant[]> {
  const filter = given({ q: search })
  return all(async page => {
    const params = { path: { group }, query: { ...filter, ...page } }
    return (await postern.GET('/v1/groups/{group}/grants', { params })).data
  })
}
