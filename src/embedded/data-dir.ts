// The data directory: what is in it, who owns it, and where the cluster itself lies.
//
//   superuser-password   0600, made once
//   server.json          the last server that ran: its pid, its owner's pid and its port
//   cluster/             Postgres' own data directory (PGDATA), owned by the OS user that runs the server
//   cluster-location     instead of cluster/, when that user can't reach this directory: the path where PGDATA is

import { randomBytes } from 'node:crypto'
import { chmod, link, lstat, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EmbeddedError, isSystemError } from './embedded-error.js'
import { canReach, type OsUser } from './os-user.js'
import { readIfThere, writeWhole } from './whole-file.js'

/** What is known of the server that ran last, or runs now, on a data directory. */
export interface ServerRecord {
  readonly serverPid: number
  /** The process that started it and stops it. */
  readonly ownerPid: number
  readonly port: number
}

/** The path of the cluster and, once it is made, its owner. */
export interface ClusterPlace {
  readonly path: string
  readonly owner: OsUser | null
}

/** Finds the place of a cluster that was made, or begun, before. */
export async function knownCluster(dataDir: string): Promise<ClusterPlace> {
  const elsewhere = await readIfThere(join(dataDir, 'cluster-location'))
  const path = elsewhere?.trim() ?? join(dataDir, 'cluster')
  const stats = await lstat(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null
    throw error
  })
  return { path, owner: stats === null ? null : { uid: stats.uid, gid: stats.gid } }
}

/**
 * Chooses the place of a cluster that isn't made yet: in the data directory if the server's user can reach it, else in
 * a new directory with an unguessable name below `sharedDir()`, with a note in the data directory on where that is.
 *
 * @throws EmbeddedError `data_dir_unreachable` when there is such a note already, but not what it tells of
 */
export async function placeCluster(
  dataDir: string,
  user: OsUser | null,
  sharedDir: () => Promise<string>,
): Promise<string> {
  const { path } = await knownCluster(dataDir)
  if (path !== join(dataDir, 'cluster')) return expectParent(path, dataDir)
  if (await canReach(user, 'x', dataDir)) return path
  const parent = await mkdtemp(join(await sharedDir(), 'data-'))
  // The directory stays ours; the server's user may only pass through it.
  await chmod(parent, 0o711)
  const elsewhere = join(parent, 'cluster')
  await writeWhole(join(dataDir, 'cluster-location'), `${elsewhere}\n`, 0o600)
  return elsewhere
}

/** Begins no empty cluster where data was: the disk that holds it may just not be mounted. */
async function expectParent(path: string, dataDir: string): Promise<string> {
  if (await lstat(dirname(path)).catch(() => null)) return path
  throw new EmbeddedError(
    'data_dir_unreachable',
    `${dataDir} says that its data is in ${path}, which is missing: bring it back, or delete ${dataDir} to begin anew`,
  )
}

/**
 * Reads the superuser's password.
 *
 * @throws EmbeddedError `password_missing`
 */
export async function superuserPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'superuser-password')
  const password = (await readIfThere(file))?.trim()
  if (password) return password
  throw new EmbeddedError(
    'password_missing',
    `the database cluster is there, but ${file} is not: bring it back, or delete ${dataDir} to begin anew`,
  )
}

/** Makes the superuser's password, 256 random bits, unless there is one: two starts at once agree on it. */
export async function makeSuperuserPassword(dataDir: string): Promise<void> {
  const file = join(dataDir, 'superuser-password')
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 })
    // Unlike a rename, a link never replaces the password that another start has just made.
    await link(draft, file).catch((error: unknown) => {
      if (!isSystemError(error, 'EEXIST')) throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
}

/** Reads server.json; null when there is none, or none that makes sense. */
export async function readServerRecord(dataDir: string): Promise<ServerRecord | null> {
  const text = await readIfThere(join(dataDir, 'server.json'))
  if (text === null) return null
  try {
    const { serverPid, ownerPid, port } = JSON.parse(text) as Partial<ServerRecord>
    if (!Number.isInteger(serverPid) || !Number.isInteger(ownerPid) || !Number.isInteger(port)) return null
    return { serverPid, ownerPid, port } as ServerRecord
  } catch {
    return null
  }
}

export async function writeServerRecord(dataDir: string, record: ServerRecord): Promise<void> {
  await writeWhole(join(dataDir, 'server.json'), `${JSON.stringify(record)}\n`, 0o600)
}
