// `postern group member`: who is in a group.

import type { Command } from 'commander'
import type { PosternClient } from '../sdk/client.js'
import { answer, given } from './answer.js'
import { membersText, type Member } from './group-text.js'
import { examples, withJson, withSearch, type JsonOption, type SearchOption } from './help.js'
import { all } from './listing.js'
import { ofAccount } from './names.js'
import type { Terminal } from './terminal.js'

/** Adds `group member` and what is below it. */
export function addGroupMember(group: Command, terminal: Terminal): void {
  const member = group
    .command('member')
    .summary('who is in a group')
    .description('Members of a group: people, by their address, and service accounts that were made with --group.')
  examples(member, [
    ['postern group member add analysts ada@example.com', 'Put a person into a group.'],
    ['postern group member list analysts', 'Show who is in it.'],
  ])
  addAdd(member, terminal)
  addRemove(member, terminal)
  addList(member, terminal)
}

function addAdd(member: Command, terminal: Terminal): void {
  const command = member
    .command('add <group> <account>')
    .summary('put an account into a group')
    .description('Put an account into a group. It has the roles of the group from its next login on.')
  withJson(command).action((group: string, account: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { group: [group], ...ofAccount(account) } }, async postern => {
      const params = { path: { group, account } }
      const { data: added } = await postern.PUT('/v1/groups/{group}/members/{account}', { params })
      return { data: added, text: () => `${account} is in ${group}.` }
    }),
  )
  examples(command, [
    ['postern group member add analysts ada@example.com', 'Put a person into it.'],
    ['postern group member add analysts etl', 'Put a service account into it.'],
  ])
}

function addRemove(member: Command, terminal: Terminal): void {
  const command = member
    .command('remove <group> <account>')
    .summary('take an account out of a group')
    .description('Take an account out of a group. Sessions that depended on what the group gave it end.')
  withJson(command).action((group: string, account: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { group: [group], ...ofAccount(account) } }, async postern => {
      const params = { path: { group, account } }
      await postern.DELETE('/v1/groups/{group}/members/{account}', { params })
      return { data: { group, account, removed: true }, text: () => `${account} is no longer in ${group}.` }
    }),
  )
  examples(command, [['postern group member remove analysts ada@example.com', 'Take a person out of it.']])
}

function addList(member: Command, terminal: Terminal): void {
  const command = member
    .command('list <group>')
    .summary('list who is in a group')
    .description('List who is in a group.')
  withJson(withSearch(command, "the account's name")).action((group: string, options: JsonOption & SearchOption) =>
    answer(terminal, { ...options, names: { group: [group] } }, async postern => {
      const members = await groupMembers(postern, group, options)
      return { data: members, text: layout => membersText(members, layout) }
    }),
  )
  examples(command, [
    ['postern group member list analysts', 'Show them as a table.'],
    ['postern group member list analysts --search ada', 'Show those with this text in the name.'],
    [`postern group member list analysts --json | jq -r '.[].account'`, 'Show their names only.'],
  ])
}

/** Lists who is in a group. */
export function groupMembers(postern: PosternClient, group: string, { search }: SearchOption = {}): Promise<Member[]> {
  const filter = given({ q: search })
  return all(async page => {
    const params = { path: { group }, query: { ...filter, ...page } }
    return (await postern.GET('/v1/groups/{group}/members', { params })).data
  })
}
