// `postern database add`: registers a database, with logins that Postern makes or that are given. Passwords come from
// stdin, PGPASSWORD or a question; in the arguments they are taken too, with a warning.

import type { Command } from 'commander'
import type { components } from '../sdk/openapi.js'
import { answer, given, type Answer } from './answer.js'
import { usageError } from './command-error.js'
import { warn } from './failure.js'
import { examples, withJson, type JsonOption } from './help.js'
import { formatPostgresUrl, parsePostgresUrl, type PostgresUrl } from './postgres-url.js'
import { proofText } from './proof.js'
import { readRootCert } from './root-cert.js'
import { FROM_STDIN, SecretInput } from './secret-input.js'
import type { Terminal } from './terminal.js'

type NewDatabase = components['schemas']['NewDatabase']
type AddedDatabase = components['schemas']['AddedDatabase']

interface AddOptions extends JsonOption {
  readonly url?: string
  readonly provision?: boolean
  readonly readerUrl?: string
  readonly writerUrl?: string
  readonly adminUrl?: string
  readonly announce: boolean
}

/** Adds `database add`. */
export function addDatabaseAdd(database: Command, terminal: Terminal): void {
  const command = database
    .command('add <name>')
    .summary('register one')
    .description(
      'Register a database under a name. With --provision, Postern logs in once with --url and makes the three ' +
        'logins itself; that user and password are used once and not kept. Without, give a URL for each login. ' +
        'The logins are proved before they are kept.\n\n' +
        'A URL given as - is read from stdin, a line for each in the order below, or asked for. When --url has no ' +
        'password, PGPASSWORD is used. Arguments can be read by others on this machine, so passwords should not ' +
        'be there. sslrootcert=FILE in a URL is a file of this machine.',
    )
    .option('--url <url>', 'where it is; with --provision as a user who may make roles')
    .option('--provision', 'let Postern make the three logins')
    .option('--reader-url <url>', 'URL with user and password of the reader login')
    .option('--writer-url <url>', 'the same for the writer')
    .option('--admin-url <url>', 'the same for the admin')
    .option('--no-announce', 'do not send postern.account and postern.key to it (for poolers)')
  withJson(command).action(async (name: string, options: AddOptions) => {
    const body = await newDatabase(name, options, terminal)
    await answer(terminal, options, async (postern): Promise<Answer> => {
      const { data: added } = await postern.POST('/v1/databases', { body })
      return {
        data: added,
        text: layout => `${summary(added)}\n\n${proofText(added.proof, layout)}`,
        notes: added.notes,
      }
    })
  })
  examples(command, [
    ['postern database add shop --provision --url - < url', 'Read the URL of an admin from a file.'],
    ['postern database add shop --provision --url postgres://me@db/shop', 'Ask for the password.'],
    ['postern database add shop --reader-url - --writer-url - --admin-url - < urls', 'Give three logins.'],
  ])
}

function summary({ database, proof }: AddedDatabase): string {
  return `Added ${database.name}. All ${proof.findings.length} checks of its logins passed.`
}

async function newDatabase(name: string, options: AddOptions, terminal: Terminal): Promise<NewDatabase> {
  checkOptions(options)
  const input = new SecretInput(terminal)
  const read = (option: string, url: string | undefined): Promise<PostgresUrl> => readUrl(option, url, terminal, input)
  const announce = given({ announce: options.announce ? undefined : false })
  if (options.provision) {
    const url = await read('--url', options.url)
    return { name, url: formatPostgresUrl(url), provision: true, ...announce, ...(await readRootCert(url)) }
  }
  const url = options.url === undefined ? undefined : await read('--url', options.url)
  const reader = await read('--reader-url', options.readerUrl)
  const writer = await read('--writer-url', options.writerUrl)
  const admin = await read('--admin-url', options.adminUrl)
  const where = url ?? reader
  checkSamePlace(where, { '--reader-url': reader, '--writer-url': writer, '--admin-url': admin })
  const logins = {
    reader: login(reader, '--reader-url'),
    writer: login(writer, '--writer-url'),
    admin: login(admin, '--admin-url'),
  }
  // The API wants a user in every URL; passwords are in the logins.
  const address = formatPostgresUrl({ ...where, user: where.user ?? logins.reader.user, password: null })
  return { name, url: address, logins, ...announce, ...(await readRootCert(where)) }
}

function checkOptions({ provision, url, readerUrl, writerUrl, adminUrl }: AddOptions): void {
  const logins = [readerUrl, writerUrl, adminUrl].filter(given => given !== undefined).length
  if (provision && logins > 0) {
    throw usageError(
      '--provision makes the three logins: their URLs can not be given too',
      'leave out one or the other',
    )
  }
  if (provision && url === undefined) throw usageError('--provision needs --url', 'give --url - and write it to stdin')
  if (!provision && logins < 3) {
    throw usageError(
      'no logins for reader, writer and admin',
      'give --provision, or all of --reader-url, --writer-url and --admin-url',
    )
  }
}

async function readUrl(
  option: string,
  given: string | undefined,
  terminal: Terminal,
  input: SecretInput,
): Promise<PostgresUrl> {
  const fromStdin = given === undefined || given === FROM_STDIN
  const url = parsePostgresUrl(fromStdin ? await input.next(`the URL of ${option}`) : given, option)
  if (url.password !== null) {
    if (!fromStdin) warn(terminal, `others can read the password in ${option}: give ${option} - and the URL on stdin`)
    return url
  }
  // Only the user of --url is the one that PGPASSWORD of this shell is for.
  const inherited = option === '--url' ? terminal.env['PGPASSWORD'] : undefined
  if (inherited) return { ...url, password: inherited }
  return input.canAsk ? { ...url, password: await input.next(`Password for ${option}`) } : url
}

function checkSamePlace(where: PostgresUrl, urls: Readonly<Record<string, PostgresUrl>>): void {
  for (const [option, { place }] of Object.entries(urls)) {
    if (place === where.place) continue
    throw usageError(`${option} is on another server or database than the others`, 'all logins are of one database')
  }
}

function login({ user, password }: PostgresUrl, option: string): { user: string; password: string } {
  if (user !== null && password !== null) return { user, password }
  throw usageError(`${option} has no ${user === null ? 'user' : 'password'}`, `give ${option} - and the URL on stdin`)
}
