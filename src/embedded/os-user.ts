// Who runs the server. Postgres refuses to run as root (manual, section "The PostgreSQL User Account"), so a root
// process lends it the identity of an OS user that exists already; no user is ever created.

import { EmbeddedError, isSystemError } from './embedded-error.js'
import { run } from './run.js'

export interface OsUser {
  readonly uid: number
  readonly gid: number
}

/** Tried in this order. Nearly every system has the second: it owns nothing, by custom. */
const CANDIDATES = ['postgres', 'nobody']

const PROBE_TIMEOUT_MS = 10_000

export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/**
 * Chooses the OS user that runs the server: null (our own) unless we are root. The owner of an existing cluster comes
 * first, because a `postgres` user may have been added to the system after the cluster was made as `nobody`.
 *
 * @throws EmbeddedError `no_server_user`
 */
export async function chooseServerUser(clusterOwner: OsUser | null): Promise<OsUser | null> {
  if (!isRoot()) return null
  if (clusterOwner !== null && clusterOwner.uid !== 0) return proven(clusterOwner)
  for (const name of CANDIDATES) {
    const [uid, gid] = [await idOf('-u', name), await idOf('-g', name)]
    if (uid !== null && gid !== null && uid !== 0) return proven({ uid, gid })
  }
  throw new EmbeddedError(
    'no_server_user',
    'Postgres refuses to run as root, and this system has no user named postgres or nobody: start Postern as an ordinary user',
  )
}

/** Whether the server's user may read (`r`) or enter, or run (`x`), a path. Asks the kernel, so ACLs count as well. */
export async function canReach(user: OsUser | null, access: 'r' | 'x', path: string): Promise<boolean> {
  const { code } = await run('/bin/sh', ['-c', `test -${access} "$1"`, 'sh', path], {
    user,
    timeoutMs: PROBE_TIMEOUT_MS,
  })
  return code === 0
}

/** A root without CAP_SETUID, as in hardened containers, can't become another user: say so before anything is made. */
async function proven(user: OsUser): Promise<OsUser> {
  try {
    await canReach(user, 'x', '/')
    return user
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL')) throw error
    throw new EmbeddedError(
      'no_server_user',
      `Postgres refuses to run as root, and this root may not become another user (uid ${user.uid}): start Postern as an ordinary user`,
      { cause: error },
    )
  }
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number | null> {
  const { code, output } = await run('id', [flag, name], { user: null, timeoutMs: PROBE_TIMEOUT_MS })
  // `| 0`: macOS prints nobody's -2 as an unsigned number, and spawn takes a signed one.
  return code === 0 && /^-?\d+\s*$/.test(output) ? Number(output) | 0 : null
}
