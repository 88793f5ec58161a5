// Directories whose path others may guess: made, or accepted, only where no other OS user could have put them or could
// swap what is in them. A root process that follows a stranger's symbolic link gives the machine away.

import { chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EmbeddedError } from './embedded-error.js'
import { isRoot } from './os-user.js'

const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000

/** A directory that we own, which others may enter but not list, so that the server's user can reach what is its own. */
const ENTERABLE = 0o711

/**
 * Makes a directory and its missing parents, or accepts the one that is there if it is ours, and returns its real path.
 * As root it can be entered by others (0711), else not (0700). An existing one only loses write permission for others.
 *
 * @throws EmbeddedError `data_dir_unsafe` when another user owns it
 */
export async function ownDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: isRoot() ? ENTERABLE : 0o700 })
  const real = await realpath(path)
  const { uid, mode } = await lstat(real)
  if (uid !== process.geteuid?.()) {
    throw new EmbeddedError(
      'data_dir_unsafe',
      `${real} belongs to another OS user (uid ${uid}): start Postern as that user, or choose another directory with --data`,
    )
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) await chmod(real, mode & 0o7777 & ~WRITABLE_BY_OTHERS)
  return real
}

/**
 * Makes, or accepts, a directory of root's that everyone may enter, below parents that nobody else could have changed.
 *
 * @throws EmbeddedError `data_dir_unsafe` when someone else could change it or a parent of it
 */
export async function rootDirectory(path: string): Promise<string> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o755 })
  // A umask of 077 must not lock out the server's user. What was there before keeps its mode.
  if (firstMade !== undefined) await chmod(path, 0o755)
  const real = await realpath(path)
  await refuseUnlessRoots(real, { stickyIsSafe: false })
  for (let dir = dirname(real); ; dir = dirname(dir)) {
    await refuseUnlessRoots(dir, { stickyIsSafe: true })
    if (dir === dirname(dir)) return real
  }
}

/** In a sticky directory, as /tmp is, others can't rename or remove what is root's, but they can add their own. */
async function refuseUnlessRoots(dir: string, { stickyIsSafe }: { stickyIsSafe: boolean }): Promise<void> {
  const { uid, mode } = await lstat(dir)
  const othersWrite = (mode & WRITABLE_BY_OTHERS) !== 0 && !(stickyIsSafe && (mode & STICKY) !== 0)
  if (uid === 0 && !othersWrite) return
  throw new EmbeddedError(
    'data_dir_unsafe',
    `${dir} can be changed by others than root, so nothing of the server's is put below it`,
  )
}
