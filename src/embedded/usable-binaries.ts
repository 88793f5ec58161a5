// Makes the packaged binaries usable by the server's OS user: repairs what npm left out, or copies them to where that
// user can reach them, as when root's checkout is below a home directory of mode 0700.

import { chmod, cp, lstat, mkdtemp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { programOf, unsupported, type Binaries } from './binaries.js'
import { EmbeddedError, isSystemError } from './embedded-error.js'
import { canReach, type OsUser } from './os-user.js'
import { run } from './run.js'

const VERSION_TIMEOUT_MS = 30_000

/**
 * Returns binaries that `user` can run: the packaged ones if possible, else a copy (some 60 MB, made once) in
 * `copiesDir()`, which is only asked for, and so only made, when a copy is needed.
 *
 * @throws EmbeddedError `unsupported_platform` when they don't run here, for lack of glibc for instance
 */
export async function usableBinaries(
  packaged: Binaries,
  user: OsUser | null,
  copiesDir: () => Promise<string>,
): Promise<Binaries> {
  const isWhole = await repair(packaged.dir)
  const usable = isWhole && (await reachable(packaged, user)) ? packaged : await copyOnce(packaged, await copiesDir())
  await proveRunnable(usable, user)
  return usable
}

async function reachable(binaries: Binaries, user: OsUser | null): Promise<boolean> {
  const programs = [programOf(binaries, 'postgres'), programOf(binaries, 'initdb')]
  for (const program of programs) if (!(await canReach(user, 'x', program))) return false
  // initdb's input, as a sample of the files that are only read.
  return canReach(user, 'r', join(binaries.dir, 'share', 'postgresql', 'postgres.bki'))
}

/**
 * Does what the platform package's install script does, for `npm ci --ignore-scripts`: npm packages can't hold symbolic
 * links, so the shared libraries' other names are listed in a file. Returns false when that can't be done in place.
 */
async function repair(dir: string): Promise<boolean> {
  try {
    const list = await readFile(join(dir, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
    for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
      // Both are given relative to the package, that is to the parent of `native`.
      await symlink(basename(source), join(dirname(dir), target)).catch(unless('EEXIST'))
    }
    return true
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) return false
    throw error
  }
}

/** Copies to a private name first, so that a copy under the final name is always whole. */
async function copyOnce(packaged: Binaries, copiesDir: string): Promise<Binaries> {
  const dir = join(copiesDir, `postgres-${packaged.label}`)
  const copy = { ...packaged, dir: join(dir, 'native') }
  if (await exists(dir)) return copy
  const unfinished = await mkdtemp(`${dir}.unfinished-`)
  try {
    await cp(packaged.dir, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
    await openToReaders(unfinished)
    await repair(join(unfinished, 'native'))
    await rename(unfinished, dir).catch(unless('ENOTEMPTY', 'EEXIST'))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return copy
}

/** Lets everyone read and nobody but the owner write, whatever umask the package was unpacked under. */
async function openToReaders(dir: string): Promise<void> {
  await chmod(dir, 0o755)
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) await openToReaders(path)
    else if (entry.isFile()) await chmod(path, basename(dir) === 'bin' ? 0o755 : 0o644)
  }
}

async function proveRunnable(binaries: Binaries, user: OsUser | null): Promise<void> {
  const program = programOf(binaries, 'postgres')
  try {
    const { code, output } = await run(program, ['--version'], { user, timeoutMs: VERSION_TIMEOUT_MS })
    if (code === 0) return
    throw new EmbeddedError('unsupported_platform', `${program} does not run here: ${output.trim()}`)
  } catch (error) {
    // The file is there, so it is the loader named in it that is not: musl instead of glibc, as on Alpine.
    if (isSystemError(error, 'ENOENT')) throw unsupported(`${binaries.label} without glibc`, { cause: error })
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return false
      throw error
    },
  )
}

/** Swallows a system error with one of these codes, and nothing else. */
function unless(...codes: string[]): (error: unknown) => void {
  return error => {
    if (!isSystemError(error, ...codes)) throw error
  }
}
