// `postern database`: the databases behind the proxy.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { addDatabaseAccess } from './database-access.js'
import { addDatabaseAdd } from './database-add.js'
import { addDatabaseGrant } from './database-grant.js'
import { addDatabaseRemove } from './database-remove.js'
import { answer, given, type Answer } from './answer.js'
import { examples, ROLES, withJson, withSearch, type JsonOption, type SearchOption } from './help.js'
import { all } from './listing.js'
import { proofText } from './proof.js'
import { details, table, time, type Column, type Layout } from './table.js'
import type { Terminal } from './terminal.js'

type Database = components['schemas']['Database']

/** Adds `database` and what is below it. */
export function databaseCommands(program: Command, terminal: Terminal): void {
  const database = program
    .command('database')
    .summary('register and check databases')
    .description('Databases: each is reached through the proxy as one of three roles, reader, writer or admin.')
  examples(database, [
    ['postern database add shop --provision --url -', 'Register a database; its URL is read from stdin.'],
    ['postern database check shop', 'Prove again that its logins can do what they should, and no more.'],
  ])
  addDatabaseAdd(database, terminal)
  addList(database, terminal)
  addShow(database, terminal)
  addCheck(database, terminal)
  addDatabaseRemove(database, terminal)
  addDatabaseAccess(database, terminal)
  addDatabaseGrant(database, terminal)
}

function addList(database: Command, terminal: Terminal): void {
  const command = database
    .command('list')
    .summary('list databases')
    .description('List the databases that you reach, or as an organization admin all. ROLE is your own.')
  withJson(withSearch(command, 'the name')).action((options: JsonOption & SearchOption) =>
    answer(terminal, options, async postern => {
      const filter = given({ q: options.search })
      const databases = await all(
        async page => (await postern.GET('/v1/databases', { params: { query: { ...filter, ...page } } })).data,
      )
      const columns = databases.some(({ upstream }) => upstream) ? [...COLUMNS, ...ADMIN_COLUMNS] : COLUMNS
      return { data: databases, text: layout => table(columns, databases, layout) }
    }),
  )
  examples(command, [
    ['postern database list', 'Show them as a table.'],
    ['postern database list --search shop', 'Show those with this text in the name.'],
    [`postern database list --json | jq -r '.[].name'`, 'Show their names only.'],
  ])
}

function addShow(database: Command, terminal: Terminal): void {
  const command = database
    .command('show <name>')
    .summary('show one')
    .description('Show a database. Where it is and who logs in there, only organization admins see.')
  withJson(command).action((name: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { database: [name] } }, async postern => {
      const { data: found } = await postern.GET('/v1/databases/{name}', { params: { path: { name } } })
      return { data: found, text: layout => show(found, layout) }
    }),
  )
  examples(command, [['postern database show shop', 'Show where shop is.']])
}

function addCheck(database: Command, terminal: Terminal): void {
  const command = database
    .command('check <name>')
    .summary('prove the logins of one')
    .description(
      'Log in to a database as each of its three logins, and show what each can do and can not. Exit code 1 when ' +
        'something is not as it should be.',
    )
  withJson(command).action((name: string, options: JsonOption) =>
    answer(terminal, { ...options, names: { database: [name] } }, async (postern): Promise<Answer> => {
      const { data: proof } = await postern.POST('/v1/databases/{name}/check', { params: { path: { name } } })
      const failed = proof.findings.filter(({ ok }) => !ok).length
      const failure = {
        message: `${failed} of ${proof.findings.length} checks of ${name} failed`,
        hint: 'correct the rights on its server, or remove the database and add it again with --provision',
      }
      return { data: proof, text: layout => proofText(proof, layout), ...(proof.ok ? {} : { failure }) }
    }),
  )
  examples(command, [['postern database check shop', 'See that no login of shop can do more than its role.']])
}

const COLUMNS: readonly Column<Database>[] = [
  { title: 'NAME', kind: 'id', cell: ({ name }) => name },
  { title: 'ROLE', kind: 'fact', cell: ({ role }) => role ?? '-' },
]

const ADMIN_COLUMNS: readonly Column<Database>[] = [
  { title: 'SERVER', kind: 'id', cell: ({ upstream }) => (upstream ? `${upstream.host}:${upstream.port}` : '-') },
  { title: 'DATABASE', kind: 'id', cell: ({ upstream }) => upstream?.dbname ?? '-', optional: true },
  { title: 'SSLMODE', kind: 'fact', cell: ({ upstream }) => upstream?.sslmode ?? '-', optional: true },
]

function show({ name, role, upstream }: Database, layout: Layout): string {
  const pairs: [string, string][] = [
    ['Name', name],
    ['Your role', role ?? 'none'],
  ]
  if (upstream) {
    pairs.push(
      ['Server', `${upstream.host}:${upstream.port}`],
      ['Database', upstream.dbname],
      ['sslmode', upstream.sslmode + (upstream.custom_ca ? ', with certificate authorities of its own' : '')],
      ['Logins', ROLES.map(role => upstream.users[role] ?? `no ${role}`).join(', ')],
      ['Announces', upstream.announce ? 'account and key, as settings of each session' : 'nothing'],
      ['Registered', `${time(upstream.registered_at)} UTC`],
    )
  }
  return details(pairs, layout)
}
