// The embedded Postgres: a real server with its data on disk, for `postern up` and for tests, with nothing to install.

import { locateBinaries } from './binaries.js'
import { checkCluster, makeCluster, SUPERUSER } from './cluster.js'
import {
  knownCluster,
  placeCluster,
  readServerRecord,
  superuserPassword,
  makeSuperuserPassword,
  writeServerRecord,
} from './data-dir.js'
import { EmbeddedError, isSystemError } from './embedded-error.js'
import { freePort } from './free-port.js'
import { clearLeftover } from './leftover-server.js'
import { chooseServerUser, isRoot } from './os-user.js'
import { startServer, type ServerOptions } from './server.js'
import { ownDirectory, rootDirectory } from './trusted-dir.js'
import { usableBinaries } from './usable-binaries.js'

const HOST = '127.0.0.1'

/** Where root puts what the server's OS user could not reach otherwise. Not /var/tmp, which is emptied now and then. */
const SHARED_DIR = '/var/lib/postern-embedded'

/** A port is chosen anew when another program took it between the choice and its use. */
const PORT_ATTEMPTS = 5

export interface EmbeddedPostgresOptions {
  /** Made if missing, with its parents; everything lies in it, or is pointed to from it. */
  readonly dataDir: string
  /** Without it, the port of the last start, or a free one when that is taken. */
  readonly port?: number
  /** Default true. False for tests: no fsync; a crash of the machine may destroy the data, one of the server doesn't. */
  readonly durable?: boolean
  /** Default /var/lib/postern-embedded. Used by root only, for what the server's OS user can't reach in `dataDir`. */
  readonly sharedDir?: string
  /** Given each line of the server's log, and what is done before it starts. */
  readonly log?: (line: string) => void
}

export interface EmbeddedPostgres {
  readonly host: string
  readonly port: number
  /** The server's process. */
  readonly pid: number
  readonly superuser: { readonly user: string; readonly password: string }
  /** The directory of the Unix socket, or null when there is none. */
  readonly socketDir: string | null
  /** PGDATA: usually `dataDir`/cluster. */
  readonly cluster: string
  /** Resolves when the server has ended, stopped or not. Never rejects. */
  readonly ended: Promise<void>
  /** A connection URL for the superuser. It holds the password. */
  readonly url: (dbname: string) => string
  /** Stops the server within 20 seconds: fast, then immediately, then by force. May be called again. */
  readonly stop: () => Promise<void>
}

/**
 * Starts Postgres on `dataDir`, as `postgres` or `nobody` if we are root, and resolves when it accepts connections: on
 * loopback and with SCRAM only. A second start finds the same data. The server doesn't keep this process alive; it
 * ignores the terminal's Ctrl-C, and ends when this process ends, even by SIGKILL.
 *
 * @throws EmbeddedError, whose codes say what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    const dataDir = await ownDirectory(options.dataDir)
    const server = await startOnPort(dataDir, options.port, await prepare(dataDir, options))
    const superuser = { user: SUPERUSER, password: await superuserPassword(dataDir) }
    const authority = `${superuser.user}:${superuser.password}@${HOST}:${server.port}`
    return { ...server, host: HOST, superuser, url: dbname => `postgres://${authority}/${encodeURIComponent(dbname)}` }
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error
    throw new EmbeddedError('no_space', `no space left on the disk of ${options.dataDir}`, { cause: error })
  }
}

type Prepared = Omit<ServerOptions, 'port'>

/** Everything before the server itself: who runs it, where its files are, and nobody else running on them. */
async function prepare(dataDir: string, options: EmbeddedPostgresOptions): Promise<Prepared> {
  const { durable = true, sharedDir = SHARED_DIR, log = () => undefined } = options
  const shared = () => rootDirectory(sharedDir)
  const packaged = await locateBinaries()
  const known = await knownCluster(dataDir)
  const user = await chooseServerUser(known.owner)
  const binaries = await usableBinaries(packaged, user, isRoot() ? shared : async () => dataDir)
  const cluster = known.owner === null ? await placeCluster(dataDir, user, shared) : known.path
  if (known.owner === null) {
    log(`making a database cluster in ${cluster}`)
    await makeSuperuserPassword(dataDir)
    await makeCluster({ path: cluster, binaries, user, durable, password: await superuserPassword(dataDir) })
  }
  await superuserPassword(dataDir)
  await checkCluster(cluster, binaries, user)
  await clearLeftover({ dataDir, cluster, user }, log)
  return { binaries, user, cluster, durable, log }
}

async function startOnPort(dataDir: string, wanted: number | undefined, prepared: Prepared) {
  let port = wanted ?? (await readServerRecord(dataDir))?.port ?? (await freePort())
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnRecord(dataDir, { ...prepared, port })
    } catch (error) {
      const mayChoose = wanted === undefined && attempt < PORT_ATTEMPTS
      if (!mayChoose || !(error instanceof EmbeddedError) || error.code !== 'port_busy') throw error
      port = await freePort()
    }
  }
}

/** Starts the server and puts down whose it is, for the next start to find. */
async function startOnRecord(dataDir: string, options: ServerOptions) {
  const { pid, socketDir, ended, stop } = await startServer(options)
  try {
    await writeServerRecord(dataDir, { serverPid: pid, ownerPid: process.pid, port: options.port })
  } catch (error) {
    await stop()
    throw error
  }
  return { pid, port: options.port, cluster: options.cluster, socketDir, ended, stop }
}
