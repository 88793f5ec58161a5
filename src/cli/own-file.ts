// Reads small files of this user that say where secrets are sent, or hold one. A file that another user could have
// written is not believed: in a shared folder such as /tmp it could send this user's secrets to an API of theirs.

import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { CommandError } from './command-error.js'

// An address, a token and a few examples.
const MAX_BYTES = 65_536

export interface OwnFileRules {
  /** Others may read it, when what it holds is not for this user alone. */
  readonly readableByOthers: boolean
  /** What to do when it can't be used. */
  readonly hint: string
}

/** Reads a file, or gives null when there is none.
 * @throws CommandError when it is not this user's own, is open to others, too long, or can't be read. */
export async function readOwnFile(file: string, { readableByOthers, hint }: OwnFileRules): Promise<string | null> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const { uid, mode, size } = await handle.stat()
    const me = process.getuid?.()
    const mine = me === undefined || uid === me || uid === 0
    if (!mine || (me !== undefined && (mode & 0o022) !== 0)) {
      throw new CommandError(`${file} could be written by another user, so it is not used`, hint)
    }
    if (!readableByOthers && me !== undefined && (mode & 0o077) !== 0) {
      throw new CommandError(`${file} can be read by other users, so it is not used`, `chmod 600 ${file}, or ${hint}`)
    }
    if (size > MAX_BYTES) throw new CommandError(`${file} is too long to be what was written there`, hint)
    return await handle.readFile('utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (error instanceof CommandError) throw error
    throw new CommandError(`${file} can not be read: ${code ?? 'unknown reason'}`, hint)
  } finally {
    await handle?.close()
  }
}
