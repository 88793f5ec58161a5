// Real servers for the tests: the embedded Postgres 18 and, where it is installed, Debian's Postgres 15.

import { spawn, execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { locateBinaries } from '../../src/embedded/binaries.js'
import { freePort } from '../../src/embedded/free-port.js'
import { chooseServerUser } from '../../src/embedded/os-user.js'
import { spawnAs } from '../../src/embedded/run.js'
import { usableBinaries } from '../../src/embedded/usable-binaries.js'
import type { Target } from '../../src/upstream/target.js'
import { freshDatabase, type TestServer } from '../support/postgres.js'

export type Version = 15 | 18

export const VERSIONS: readonly Version[] = [15, 18]

const DEBIAN_15 = '/usr/lib/postgresql/15/bin'

/** Returns why tests against this version must be skipped, or false. With CI=true nothing is skipped. */
export function whySkip(version: Version): string | false {
  if (version === 18 || process.env['CI'] === 'true' || existsSync(DEBIAN_15)) return false
  return `Debian's Postgres ${version} is not installed (${DEBIAN_15})`
}

export interface ServerOptions {
  readonly version: Version
  /** Lines of pg_hba.conf that come before the last ones, which ask all for SCRAM. */
  readonly hba?: readonly string[]
  /** Turns TLS on. PEM. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly settings?: Readonly<Record<string, string>>
}

export interface Server {
  readonly version: Version
  readonly target: Target
  readonly socketDir: string
  readonly superuser: { readonly user: string; readonly password: string }
  /** Runs SQL as the superuser. */
  readonly sql: (text: string, dbname?: string) => Promise<Record<string, unknown>[]>
  /** Signals the server's first process. */
  readonly signal: (name: NodeJS.Signals) => void
  /** All that the server has logged. */
  readonly log: () => string
}

/** Starts a server with data of its own, on loopback; it ends with the test. */
export async function startServer(
  t: { teardown(end: () => Promise<void>): void },
  { version, hba = [], tls, settings = {} }: ServerOptions,
): Promise<Server> {
  const owner = await chooseServerUser(null)
  const dir = await mkdtemp(path.join(tmpdir(), 'postern-upstream-'))
  const dataDir = path.join(dir, 'data')
  const socketDir = path.join(dir, 'socket')
  const give = async (file: string, text: string) => {
    await writeFile(file, text, { mode: 0o600 })
    if (owner) await chown(file, owner.uid, owner.gid)
  }
  await mkdir(socketDir)
  if (owner) await Promise.all([dir, socketDir].map(made => chown(made, owner.uid, owner.gid)))
  const superuser = { user: 'postgres', password: 'of the superuser' }
  await give(path.join(dir, 'password'), superuser.password)

  const bin =
    version === 15
      ? DEBIAN_15
      : path.join((await usableBinaries(await locateBinaries(), owner, async () => dir)).dir, 'bin')
  const initdb = ['-D', dataDir, '-U', superuser.user, `--pwfile=${dir}/password`, '-A', 'scram-sha-256', '-N']
  await promisify(execFile)(path.join(bin, 'initdb'), [...initdb, '--no-instructions', '-E', 'UTF8'], spawnAs(owner))
  await give(path.join(dataDir, 'pg_hba.conf'), [...hba, 'local all all scram-sha-256', ...LOOPBACK, ''].join('\n'))
  if (tls) {
    await give(path.join(dataDir, 'server.crt'), tls.cert)
    await give(path.join(dataDir, 'server.key'), tls.key)
  }

  const port = await freePort()
  const all = { ...FAST, unix_socket_directories: socketDir, ssl: tls ? 'on' : 'off', ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(path.join(bin, 'postgres'), ['-D', dataDir, '-p', String(port), ...flags], spawnAs(owner))
  const kill = () => void server.kill('SIGQUIT')
  process.once('exit', kill)
  const exited = new Promise<void>(resolve => server.once('exit', () => resolve()))
  let log = ''
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('ready to accept connections')) resolve()
    })
    void exited.then(() => reject(new Error(`postgres ${version} did not start: ${log}`)))
  })
  t.teardown(async () => {
    process.removeListener('exit', kill)
    kill()
    await exited
    await rm(dir, { recursive: true, force: true })
  })

  const sql = async (text: string, database = 'postgres') => {
    const client = new pg.Client({ host: '127.0.0.1', port, database, ...superuser })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
  const target: Target = { host: '127.0.0.1', port, sslMode: 'disable', sslRootCert: null }
  return { version, target, socketDir, superuser, sql, signal: name => void server.kill(name), log: () => log }
}

/** The server as the tests of the store and of whole instances want it. */
export function asTestServer({ target: { host, port }, superuser }: Server): TestServer {
  const authority = `${superuser.user}:${encodeURIComponent(superuser.password)}@${host}:${port}`
  const url = (dbname: string) => `postgres://${authority}/${encodeURIComponent(dbname)}`
  return { host, port, superuser, url, freshDatabase: options => freshDatabase(url, options?.template) }
}

const LOOPBACK = ['host all all 127.0.0.1/32 scram-sha-256', 'host all all ::1/128 scram-sha-256']

const FAST = { listen_addresses: '127.0.0.1', fsync: 'off', full_page_writes: 'off', shared_buffers: '16MB' }
