// `postern key`: make and list the keys of an account; key-revoke.ts takes them back.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given } from './answer.js'
import { days, examples, withJson, type JsonOption } from './help.js'
import { addKeyRevoke, addKeyRevokeAll } from './key-revoke.js'
import { addKeyRotate } from './key-rotate.js'
import { all } from './listing.js'
import { ofAccount } from './names.js'
import { keySecret, newKeyOf } from './key-secret.js'
import { day, table, time, type Column } from './table.js'
import type { Terminal } from './terminal.js'

type Key = components['schemas']['Key']

/** Adds `key` and what is below it. */
export function keyCommands(program: Command, terminal: Terminal): void {
  const key = program
    .command('key')
    .summary('make, list, rotate and revoke API keys')
    .description('API keys: their tokens are the passwords with which an account connects.')
  examples(key, [
    ['postern key create robot --name ci > token', 'Make a key; its token is shown this once.'],
    ['postern key list robot', 'Show which keys there are, and which are active.'],
    ['postern key revoke --token - < token', 'Take a key back by its token.'],
  ])
  addCreate(key, terminal)
  addList(key, terminal)
  addKeyRotate(key, terminal)
  addKeyRevoke(key, terminal)
  addKeyRevokeAll(key, terminal)
}

interface CreateOptions extends JsonOption {
  readonly name?: string
  readonly description?: string
  readonly expiresInDays?: number
}

function addCreate(key: Command, terminal: Terminal): void {
  const command = key
    .command('create <account>')
    .summary('make a key and show its token once')
    .description(
      'Make a key for an account. Its token goes to stdout, alone on a line, so that it can be piped on; all else ' +
        'goes to stderr. Postern does not keep the token: it can not be shown again.',
    )
    .option('--name <name>', 'what the key is called in lists')
    .option('--description <text>', 'what it is for')
    .option('--expires-in-days <days>', 'stop working after so many days (default: never)', days)
  withJson(command).action((account: string, options: CreateOptions) =>
    answer(terminal, { ...options, names: ofAccount(account), creates: newKeyOf(account) }, async postern => {
      const { name, description, expiresInDays } = options
      const body = given({ name, description, expires_in_days: expiresInDays })
      const { data: made } = await postern.POST('/v1/accounts/{account}/keys', { params: { path: { account } }, body })
      const expiry = made.key.expires_at === null ? 'never expires' : `expires ${time(made.key.expires_at)} UTC`
      return {
        data: made,
        text: () => made.token,
        secret: keySecret(postern, made.key),
        notes: [
          `Made key ${made.key.id} of ${account}; it ${expiry}.`,
          'This is the only time that its token is shown: keep it where secrets are kept.',
        ],
      }
    }),
  )
  examples(command, [
    ['postern key create robot', 'Show the token of a new key.'],
    ['postern key create robot --name ci --expires-in-days 90 > token', 'Write it to a file.'],
    ['PGPASSWORD=$(postern key create robot) psql -h localhost -U robot shop', 'Use it at once.'],
  ])
}

function addList(key: Command, terminal: Terminal): void {
  const command = key
    .command('list <account>')
    .summary('list the keys of an account')
    .description(
      'List the keys of an account, those that work no more too. Times are in UTC; LAST USED is known to about a minute. --json also has ' +
        'where from it was used, who made it, and the key that took its place.',
    )
  withJson(command).action((account: string, options: JsonOption) =>
    answer(terminal, { ...options, names: ofAccount(account) }, async postern => {
      const keys = await all(
        async query =>
          (await postern.GET('/v1/accounts/{account}/keys', { params: { path: { account }, query } })).data,
      )
      return { data: keys, text: layout => table(COLUMNS, keys, layout) }
    }),
  )
  examples(command, [
    ['postern key list robot', 'Show its keys as a table.'],
    [`postern key list robot --json | jq -r '.[].id'`, 'Show their ids only.'],
  ])
}

const COLUMNS: readonly Column<Key>[] = [
  { title: 'ID', kind: 'id', cell: key => key.id },
  { title: 'STATE', kind: 'fact', cell: key => key.state },
  { title: 'NAME', kind: 'text', cell: key => key.name ?? '-' },
  { title: 'CREATED', kind: 'fact', cell: key => day(key.created_at), optional: true },
  { title: 'EXPIRES', kind: 'fact', cell: key => time(key.expires_at) },
  { title: 'LAST USED', kind: 'fact', cell: key => time(key.last_used?.at ?? null) },
]
