// Deals with a server, or with its pid file, that an earlier start left on the cluster: after a SIGKILL of its owner, a
// crash of the machine, or because the owner is alive and well and must not be disturbed.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readServerRecord } from './data-dir.js'
import { EmbeddedError } from './embedded-error.js'
import type { OsUser } from './os-user.js'
import { describeProcess, isAlive } from './process-table.js'
import { run } from './run.js'
import { readIfThere } from './whole-file.js'

/** The time between a server's start and its being put on record is the time of its crash recovery: mostly none. */
const RECORD_GRACE_MS = 5_000
const FAST_SHUTDOWN_MS = 10_000
const IMMEDIATE_SHUTDOWN_MS = 5_000
const POLL_MS = 50
const PS_TIMEOUT_MS = 5_000

export interface Leftover {
  readonly dataDir: string
  /** The real path of PGDATA. */
  readonly cluster: string
  readonly user: OsUser | null
}

/**
 * Returns once no server runs on the cluster and no misleading pid file lies there. A server whose owner is gone is
 * stopped, first fast, then immediately; before each signal it is checked anew that the pid is that server. One that
 * nobody put on record is given `graceMs` to be put on record, or to end, and is never signalled.
 *
 * @throws EmbeddedError `data_dir_in_use` when the server's owner lives, or when it isn't one of ours
 */
export async function clearLeftover(
  leftover: Leftover,
  log: (line: string) => void,
  graceMs = RECORD_GRACE_MS,
): Promise<void> {
  const pid = await runningServer(leftover)
  if (pid === null) return
  await refuseIfOwned(leftover, pid)
  if (!(await isOnRecord(leftover, pid))) {
    if (await endsWithin(leftover, graceMs)) return
    throw inUse(`a Postgres server that is not Postern's (pid ${pid}) runs on ${leftover.cluster}: stop it first`)
  }
  log(`stopping the Postgres server ${pid}, left behind by a process that is gone`)
  for (const [signal, boundMs] of [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
  ] as const) {
    if ((await runningServer(leftover)) === pid) process.kill(pid, signal)
    if (await endsWithin(leftover, boundMs)) return
  }
  throw inUse(`the Postgres server ${pid} on ${leftover.cluster} does not stop: end it yourself`)
}

async function endsWithin(leftover: Leftover, boundMs: number): Promise<boolean> {
  const deadline = performance.now() + boundMs
  for (;;) {
    const pid = await runningServer(leftover)
    if (pid === null) return true
    await refuseIfOwned(leftover, pid)
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
}

/** The pid of the cluster's server, or null. Removes a pid file whose number now belongs to another program. */
async function runningServer({ cluster, user }: Leftover): Promise<number | null> {
  const file = join(cluster, 'postmaster.pid')
  const text = await readIfThere(file)
  const pid = Number(text?.split('\n')[0])
  if (text === null || !isAlive(pid)) return null
  const verdict = await isServerOf(cluster, pid, user)
  if (verdict === 'yes') return pid
  // A dead server's number, given to another process: Postgres would refuse to start for it if the OS user is the same.
  if (verdict === 'no' && (await readIfThere(file)) === text) await rm(file, { force: true })
  return null
}

/** A server is owned while its parent is the process that is on record as its owner: an orphan gets another parent. */
async function refuseIfOwned({ dataDir, cluster }: Leftover, pid: number): Promise<void> {
  const record = await readServerRecord(dataDir)
  if (record?.serverPid !== pid || (await describeProcess(pid))?.parentPid !== record.ownerPid) return
  throw inUse(
    `process ${record.ownerPid} is running the Postgres server ${pid} on ${cluster}: stop it first, or choose another directory with --data`,
  )
}

async function isOnRecord({ dataDir }: Leftover, pid: number): Promise<boolean> {
  return (await readServerRecord(dataDir))?.serverPid === pid
}

function inUse(message: string): EmbeddedError {
  return new EmbeddedError('data_dir_in_use', message)
}

/** `unknown` when the system won't tell: then Postgres' own lock decides. */
async function isServerOf(cluster: string, pid: number, user: OsUser | null): Promise<'yes' | 'no' | 'unknown'> {
  const seen = await describeProcess(pid)
  if (seen === null) return 'unknown'
  if (process.platform !== 'linux') return seen.command.includes(`-D ${cluster} `) ? 'yes' : 'no'
  if (seen.isZombie || seen.command !== 'postgres') return 'no'
  // A server's working directory is its PGDATA. Asked as the server's user: a container's root may not look.
  const { code, output } = await run('readlink', [`/proc/${pid}/cwd`], { user, timeoutMs: PS_TIMEOUT_MS })
  if (code !== 0) return 'unknown'
  return output.trim() === cluster ? 'yes' : 'no'
}
