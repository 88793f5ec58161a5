// The commands that run Postern itself. What they run is loaded only then, so that all others start fast.

import { InvalidArgumentError, Option, type Command } from 'commander'
import { usageError } from './command-error.js'
import { examples } from './help.js'
import { writeSecret, type Secret } from './output.js'
import type { Terminal } from './terminal.js'

type Part = 'proxy' | 'api'

/** Adds `up`, `serve` and `migrate`.
 * @param end is told the exit code when the server has stopped. */
export function serverCommands(program: Command, end: (exitCode: number) => void, terminal: Terminal): void {
  addUp(program, end, terminal)
  addServe(program, end)
  addMigrate(program, end, terminal)
}

interface UpOptions {
  readonly data?: string
  readonly port?: number
  readonly apiPort?: number
  readonly metricsPort?: number
  readonly json?: boolean
}

function addUp(program: Command, end: (exitCode: number) => void, terminal: Terminal): void {
  const command = program
    .command('up')
    .summary('run everything here, to try it')
    .description(
      'Run everything on this machine: an embedded Postgres with a sample database, the proxy, the API and metrics. ' +
        'The first run makes an admin and two accounts with a key each, and shows how to connect. Ctrl-C stops it.',
    )
    .option('--data <dir>', 'folder that keeps the data (default: .postern)')
    .option('--port <port>', 'port for Postgres clients (default: 6432)', port)
    .option('--api-port <port>', 'port of the API (default: 8080)', port)
    .option('--metrics-port <port>', 'port of metrics and health (default: 9127)', port)
    .option('--json', 'print one line of JSON when ready')
    .action(async ({ json = false, ...options }: UpOptions) => {
      const { up } = await import('../up.js')
      end(await up({ ...options, json, output: terminal.stdout }))
    })
  examples(command, [
    ['postern up', 'Start, and show connection strings to paste.'],
    ['postern up --data /tmp/trial --port 7000', 'Keep the data elsewhere, on another port.'],
  ])
}

function addServe(program: Command, end: (exitCode: number) => void): void {
  const command = program
    .command('serve')
    .summary('run the proxy and the API in production')
    .description(
      'Run the proxy, the API, or both. Every setting is read from the file or from POSTERN_… in the environment ' +
        '(store.url is POSTERN_STORE_URL); config/postern.example.yaml lists them. SIGTERM drains and stops.',
    )
    .option('--config <file>', 'YAML file with settings')
    .addOption(new Option('--only <part>', 'run only this part').choices(['proxy', 'api']))
    .action(async ({ config, only }: { config?: string; only?: Part }) => {
      const { serve } = await import('../serve.js')
      end(await serve({ ...configFile(config), ...(only === undefined ? {} : { only }) }))
    })
  examples(command, [
    ['postern serve --config /etc/postern.yaml', 'Run proxy and API in one process.'],
    ['postern serve --config /etc/postern.yaml --only proxy', 'Run one more proxy on the same store.'],
  ])
}

function addMigrate(program: Command, end: (exitCode: number) => void, terminal: Terminal): void {
  const command = program
    .command('migrate')
    .summary("bring the store's schema up to date")
    .description(
      "Bring the store's schema up to date. Run it once before the new version of serve is started. With --admin it " +
        'also makes an API key for an admin of the organization, the first one or one who has lost theirs, and prints ' +
        'its token; with --link, a link by which they choose a password for the console.',
    )
    .option('--config <file>', 'YAML file with settings')
    .option('--admin <email>', 'make this person an admin if need be, and give them a key', emailAddress)
    .option('--link', 'with --admin: print a link to choose a password with, in place of a key')
    .action(async ({ config, admin, link = false }: { config?: string; admin?: string; link?: boolean }) => {
      if (link && admin === undefined)
        throw usageError('--link needs --admin', 'give --admin EMAIL: the link is for that person')
      const { migrateStore } = await import('../migrate-store.js')
      const showSecret = (text: string, about: Secret): Promise<void> => writeSecret(terminal, text, about)
      end(await migrateStore({ ...configFile(config), ...(admin === undefined ? {} : { admin }), link, showSecret }))
    })
  examples(command, [
    ['postern migrate --config /etc/postern.yaml', 'Migrate the store that the file names.'],
    ['postern migrate --admin ada@example.com > key', 'And make the first admin, with a key.'],
    ['postern migrate --admin ada@example.com --link', 'Or with a link, for a password.'],
  ])
}

function configFile(config: string | undefined): { configFile?: string } {
  return config === undefined ? {} : { configFile: config }
}

// The store decides what the form of an address is; this is for what is none at all, before anything is changed.
function emailAddress(value: string): string {
  if (!/^[^@\s]+@[^@\s]+$/.test(value))
    throw new InvalidArgumentError('It is an e-mail address, as in ada@example.com.')
  if (value.toLowerCase().endsWith('@service.postern.invalid')) {
    throw new InvalidArgumentError('It is the address of a service account: give that of a person.')
  }
  return value
}

function port(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535; 0 takes a free one.')
  }
  return Number(value)
}
