// Small text files that are there as a whole or not at all.

import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { isSystemError } from './embedded-error.js'

/** Reads a text file, or returns null when it doesn't exist. */
export async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null
    throw error
  })
}

/** Replaces a file, so that a reader, or a start after a crash, sees the old text or the new. The umask has no say. */
export async function writeWhole(path: string, text: string, mode: 0o600 | 0o644): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600 })
    await chmod(draft, mode)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
