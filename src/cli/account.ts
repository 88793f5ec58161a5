// `postern account`: service accounts, the users with which programs connect.

import type { Command } from 'commander'
import { addAccountCreate } from './account-create.js'
import { addAccountEdit } from './account-edit.js'
import { accountText, type Account } from './account-text.js'
import { answer, given } from './answer.js'
import { confirm, withYes, type YesOption } from './confirm.js'
import { examples, withJson, withSearch, type JsonOption, type SearchOption } from './help.js'
import { all } from './listing.js'
import { fateQuery, fateText, withPinnedFate, type FateOptions } from './pinned-fate.js'
import { table, type Column } from './table.js'
import type { Terminal } from './terminal.js'

/** Adds `account` and what is below it. */
export function accountCommands(program: Command, terminal: Terminal): void {
  const account = program
    .command('account')
    .summary('make and manage service accounts')
    .description(
      'Service accounts: a program connects with the name of one as user and a token of its keys as password.',
    )
  examples(account, [
    ['postern account create robot --role reader --database shop', 'Make an account that reads one database.'],
    ['postern account disable robot', 'Stop it at once, until it is enabled again.'],
  ])
  addAccountCreate(account, terminal)
  addList(account, terminal)
  addShow(account, terminal)
  addAccountEdit(account, terminal)
  addSwitch(account, terminal, 'disable')
  addSwitch(account, terminal, 'enable')
  addDelete(account, terminal)
}

function addList(account: Command, terminal: Terminal): void {
  const command = account
    .command('list')
    .summary('list service accounts')
    .description('List the service accounts that you manage: those that you made, or as an organization admin all.')
  withJson(withSearch(command, 'the name or the description')).action((options: JsonOption & SearchOption) =>
    answer(terminal, options, async postern => {
      const filter = given({ q: options.search })
      const accounts = await all(
        async page => (await postern.GET('/v1/service-accounts', { params: { query: { ...filter, ...page } } })).data,
      )
      return { data: accounts, text: layout => table(COLUMNS, accounts, layout) }
    }),
  )
  examples(command, [
    ['postern account list', 'Show them as a table.'],
    ['postern account list --search nightly', 'Show those with this word in name or description.'],
    [`postern account list --json | jq -r '.[].name'`, 'Show their names only.'],
  ])
}

function addShow(account: Command, terminal: Terminal): void {
  const command = account.command('show <name>').summary('show one').description('Show all about a service account.')
  withJson(command).action((name: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { account: [name] } }, async postern => {
      const { data: found } = await postern.GET('/v1/service-accounts/{name}', { params: { path: { name } } })
      return { data: found, text: layout => accountText(found, layout) }
    }),
  )
  examples(command, [['postern account show robot', 'Show what robot may reach, and who made it.']])
}

const SWITCHES = {
  disable: {
    description: 'Stop an account: its keys are refused and its sessions end, until it is enabled again.',
    done: 'Disabled',
    example: 'Stop all that robot does.',
  },
  enable: {
    description: 'Let a disabled account work again, with the same keys.',
    done: 'Enabled',
    example: 'Let robot connect again.',
  },
} as const

function addSwitch(account: Command, terminal: Terminal, verb: keyof typeof SWITCHES): void {
  const { description, done, example } = SWITCHES[verb]
  const command = account.command(`${verb} <name>`).summary(`${verb} one`).description(description)
  withJson(command).action((name: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { account: [name] } }, async postern => {
      const path = `/v1/service-accounts/{name}/${verb}` as const
      const { data: changed } = await postern.POST(path, { params: { path: { name } } })
      return { data: changed, text: () => `${done} ${name}.` }
    }),
  )
  examples(command, [[`postern account ${verb} robot`, example]])
}

type DeleteOptions = JsonOption & YesOption & FateOptions

function addDelete(account: Command, terminal: Terminal): void {
  const command = account
    .command('delete <name>')
    .summary('delete one for good')
    .description(
      'Delete a service account for good: all its keys are revoked, its sessions end, its name is free again. When it ' +
        'administers and has made accounts itself, say what becomes of those.',
    )
  withJson(withYes(withPinnedFate(command))).action(async (name: string, options: DeleteOptions) => {
    await confirm(terminal, `Delete ${name} and all its keys${fateText(options, 'it')} for good?`, options)
    return answer(terminal, { ...options, names: { account: [name] } }, async postern => {
      const params = { path: { name }, query: fateQuery(options) }
      await postern.DELETE('/v1/service-accounts/{name}', { params })
      return { data: { name, deleted: true }, text: () => `Deleted ${name}.` }
    })
  })
  examples(command, [
    ['postern account delete robot', 'Delete robot, after a question.'],
    ['postern account delete robot --yes', 'Delete it without one.'],
  ])
}

const COLUMNS: readonly Column<Account>[] = [
  { title: 'NAME', kind: 'id', cell: account => account.name },
  { title: 'STATE', kind: 'fact', cell: account => account.state },
  { title: 'REACHES', kind: 'id', cell: ({ scope }) => reachText(scope) },
  { title: 'KEYS', kind: 'fact', cell: account => String(account.active_keys), optional: true },
  { title: 'MADE BY', kind: 'id', cell: account => account.made_by ?? '-', optional: true },
]

function reachText(scope: Account['scope']): string {
  if (scope.type === 'groups') return `what ${scope.groups.join(', ')} may`
  if (scope.databases.length === 0) return 'no database: removed'
  return `${scope.databases.join(', ')} as ${scope.role}`
}
