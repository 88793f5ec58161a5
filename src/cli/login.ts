// `postern login`, `logout` and `whoami`: which key the other commands use, and whose it is.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer } from './answer.js'
import type { ApiAccess } from './api-access.js'
import { httpUrl, isExposed } from './api-url.js'
import { usageError } from './command-error.js'
import { warn } from './failure.js'
import { examples, withJson, type JsonOption } from './help.js'
import { write } from './output.js'
import { SecretInput } from './secret-input.js'
import { loginFile, readLogin, removeLogin, writeLogin } from './stored-login.js'
import { details, time, type Layout } from './table.js'
import type { Terminal } from './terminal.js'

type Me = components['schemas']['Me']

/** Adds `login`, `logout` and `whoami`. */
export function loginCommands(program: Command, terminal: Terminal): void {
  addLogin(program, terminal)
  addLogout(program, terminal)
  addWhoami(program, terminal)
}

function addLogin(program: Command, terminal: Terminal): void {
  const command = program
    .command('login')
    .summary('keep a key for the commands below')
    .description(
      'Keep the address of the API and a key for it, so that the other commands find them. The token is asked for, ' +
        'or read from stdin: arguments can be read by others. It is tried first, and kept in a file that only you ' +
        'can read. POSTERN_API_URL and POSTERN_API_KEY, when set, go before it.',
    )
    .option('--url <url>', 'where the API is (default: POSTERN_API_URL, or where you logged in last)')
  withJson(command).action(async (options: JsonOption & { url?: string }) => {
    const url = await loginUrl(options.url, terminal)
    // Said while the person can still think better of it.
    if (isExposed(url)) warn(terminal, `${url} is not https: the token can be read on its way`)
    const token = await new SecretInput(terminal).next(`Token for ${url}`)
    const access: ApiAccess = { url, token, source: 'typed' }
    await answer(terminal, { ...options, access }, async postern => {
      const { data: me } = await postern.GET('/v1/me')
      const file = await writeLogin(terminal.env, { url, token })
      const expiry = me.key?.expires_at ? [`The key expires ${time(me.key.expires_at)} UTC.`] : []
      return {
        data: { url, file, account: me.account.name },
        text: () => `Logged in to ${url} as ${me.account.name}.`,
        notes: [...expiry, `The token is kept in ${file}.`],
      }
    })
    if (terminal.env['POSTERN_API_URL']) warn(terminal, 'POSTERN_API_URL is set, and goes before this login')
  })
  examples(command, [
    ['postern login --url https://postern.example.com', 'Ask for the token of a key.'],
    ['postern login --url https://postern.example.com < token', 'Read it from a file.'],
  ])
}

async function loginUrl(given: string | undefined, { env }: Terminal): Promise<string> {
  if (given !== undefined) return httpUrl(given, '--url')
  const inherited = env['POSTERN_API_URL']
  if (inherited) return httpUrl(inherited, 'POSTERN_API_URL')
  const last = await readLogin(env)
  if (last) return last.url
  throw usageError('where the API is, is not known', 'give --url, as in --url https://postern.example.com')
}

function addLogout(program: Command, terminal: Terminal): void {
  const command = program
    .command('logout')
    .summary('forget that key')
    .description('Remove the key that postern login keeps here. It is not revoked: that is postern key revoke.')
  withJson(command).action(async ({ json = false }: JsonOption) => {
    const removed = await removeLogin(terminal.env)
    const text = removed ? `Logged out: ${loginFile(terminal.env)} is removed.` : 'There was no login.'
    await write(terminal.stdout, json ? JSON.stringify({ removed }, null, 2) : text)
  })
  examples(command, [['postern logout', 'Remove the key from this machine.']])
}

function addWhoami(program: Command, terminal: Terminal): void {
  const command = program
    .command('whoami')
    .summary('show who you are')
    .description('Show whose key the commands use, where it comes from, and which databases you reach.')
  withJson(command).action((options: JsonOption) =>
    answer(terminal, options, async (postern, access) => {
      const { data: me } = await postern.GET('/v1/me')
      return { data: { ...me, url: access.url }, text: layout => whoami(me, access, layout) }
    }),
  )
  examples(command, [
    ['postern whoami', 'Show the account, its key and its databases.'],
    ['postern whoami --json | jq -r .account.name', 'Show its name only.'],
  ])
}

const SOURCES: Record<ApiAccess['source'], string> = {
  environment: 'POSTERN_API_URL',
  login: 'postern login',
  typed: 'this command',
  quickstart: '.postern/quickstart.json',
}

function whoami({ account, key, reach }: Me, { url, source }: ApiAccess, layout: Layout): string {
  const expiry = key?.expires_at ? `, expires ${time(key.expires_at)} UTC` : ''
  return details(
    [
      ['Account', account.name],
      ['Kind', account.org_role === null ? `${account.kind} account` : `${account.kind} account, ${account.org_role}`],
      ['Key', key === null ? '-' : `${key.id}${key.name === null ? '' : ` (${key.name})`}${expiry}`],
      ['API', `${url}, from ${SOURCES[source]}`],
      ['Databases', reach.map(({ database, role }) => `${database} (${role})`).join(', ') || '-'],
    ],
    layout,
  )
}
