// Makes the cluster with initdb (manual, page "initdb"): whole or not at all, whatever happens in between.

import { chown, mkdir, mkdtemp, chmod, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { programOf, type Binaries } from './binaries.js'
import { EmbeddedError, isSystemError } from './embedded-error.js'
import { canReach, isRoot, type OsUser } from './os-user.js'
import { isAlive } from './process-table.js'
import { run } from './run.js'
import { readIfThere } from './whole-file.js'

export const SUPERUSER = 'postgres'

/** It takes about a second; a slow disk that syncs may need many. */
const INITDB_TIMEOUT_MS = 180_000

export interface ClusterOptions {
  /** PGDATA. */
  readonly path: string
  readonly binaries: Binaries
  readonly user: OsUser | null
  readonly password: string
  /** Whether to wait until the files are safe on the disk. */
  readonly durable: boolean
}

/**
 * Makes the cluster in a working directory beside its place and then moves it there, so that a start that was killed
 * half-way leaves nothing that looks like a cluster. Two starts at once: the first to finish wins, the other uses it.
 *
 * @throws EmbeddedError `initdb_failed` | `no_space`
 */
export async function makeCluster(options: ClusterOptions): Promise<void> {
  const { path, user, password } = options
  await removeUnfinished(path)
  const workDir = await mkdtemp(`${path}.unfinished-${process.pid}-`)
  try {
    const [pgdata, passwordFile] = [join(workDir, 'pgdata'), join(workDir, 'password')]
    await mkdir(pgdata, { mode: 0o700 })
    await writeFile(passwordFile, `${password}\n`, { flag: 'wx', mode: 0o600 })
    if (user !== null) {
      await chown(pgdata, user.uid, user.gid)
      await chown(passwordFile, user.uid, user.gid)
    }
    if (isRoot()) await chmod(workDir, 0o711)
    await initdb({ ...options, path: pgdata }, passwordFile)
    await rename(pgdata, path).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
    })
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

/**
 * Checks that an existing cluster can be run by these binaries and by this user.
 *
 * @throws EmbeddedError `data_dir_unreachable` | `data_dir_version`
 */
export async function checkCluster(path: string, binaries: Binaries, user: OsUser | null): Promise<void> {
  if (!(await canReach(user, 'r', path)) || !(await canReach(user, 'x', path))) {
    const who = user === null ? 'you' : `the server's OS user (uid ${user.uid})`
    throw new EmbeddedError(
      'data_dir_unreachable',
      `${path} can't be entered by ${who}: let that user own it and pass through the directories above it (chmod o+x)`,
    )
  }
  const version = (await readIfThere(join(path, 'PG_VERSION')))?.trim() ?? 'unknown'
  if (version === binaries.majorVersion) return
  throw new EmbeddedError(
    'data_dir_version',
    `${path} was made by Postgres ${version}, and this is Postgres ${binaries.majorVersion}: dump and restore it, or choose another directory with --data`,
  )
}

async function initdb({ path, binaries, user, durable }: ClusterOptions, passwordFile: string): Promise<void> {
  const args = [
    `--pgdata=${path}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in C.UTF-8 sorts the same everywhere and needs no locale of the operating system (manual, "Locale Providers").
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ]
  const { code, output } = await run(programOf(binaries, 'initdb'), args, { user, timeoutMs: INITDB_TIMEOUT_MS })
  if (code === 0) return
  const lastLines = output.trim().split('\n').slice(-10).join('\n')
  if (/No space left on device|Disk quota exceeded/i.test(output)) {
    throw new EmbeddedError('no_space', `no space left for the embedded Postgres in ${path}:\n${lastLines}`)
  }
  throw new EmbeddedError('initdb_failed', `initdb could not make ${path}:\n${lastLines}`)
}

/** Removes what starts that were killed half-way left; those of living processes may still be at it. */
async function removeUnfinished(path: string): Promise<void> {
  const prefix = `${basename(path)}.unfinished-`
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length).split('-')[0])
    if (!isAlive(pid)) await rm(join(dirname(path), name), { recursive: true, force: true })
  }
}
