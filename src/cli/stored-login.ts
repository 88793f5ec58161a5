// What `postern login` keeps: where the API is and a token for it, in `postern/credentials.json` of the user's folder
// for settings (XDG Base Directory Specification). Nobody else may read it, from its first byte on.

import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { CommandError } from './command-error.js'
import { httpUrl } from './api-url.js'
import { readOwnFile } from './own-file.js'
import type { Terminal } from './terminal.js'

export interface StoredLogin {
  readonly url: string
  readonly token: string
}

type Env = Terminal['env']

const LOGIN_AGAIN = 'run postern login again'

/** Gives the path of the file, or null where the environment names no folder. */
export function loginFile(env: Env): string | null {
  const folder = [env['XDG_CONFIG_HOME'], homeConfig(env)].find(path => path && isAbsolute(path))
  return folder ? join(folder, 'postern', 'credentials.json') : null
}

function homeConfig(env: Env): string | undefined {
  const home = env['HOME'] ?? env['USERPROFILE']
  return home && join(home, '.config')
}

/** Reads what was kept; null when there is nothing.
 * @throws CommandError when the file is open to others, or can't be understood. */
export async function readLogin(env: Env): Promise<StoredLogin | null> {
  const file = loginFile(env)
  const text = file && (await readOwnFile(file, { readableByOthers: false, hint: LOGIN_AGAIN }))
  if (!file || text === null) return null
  const { url, token } = fields(text)
  if (typeof url !== 'string' || typeof token !== 'string') {
    throw new CommandError(`${file} can not be understood`, LOGIN_AGAIN)
  }
  return { url: httpUrl(url, file), token }
}

function fields(text: string): { url?: unknown; token?: unknown } {
  try {
    const { url, token } = JSON.parse(text) as { url?: unknown; token?: unknown }
    return { url, token }
  } catch {
    return {}
  }
}

/** Keeps a login in place of the one before, whole or not at all.
 * @returns the path of the file. */
export async function writeLogin(env: Env, login: StoredLogin): Promise<string> {
  const file = loginFile(env)
  if (!file) throw new CommandError('no folder is known to keep a login in', 'set HOME or XDG_CONFIG_HOME')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // It may have been there before, for all to enter.
    await chmod(dirname(file), 0o700)
    await writeDraft(draft, `${JSON.stringify(login, null, 2)}\n`)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new CommandError(`${file} can not be written: ${code}`, 'check the folder, or set XDG_CONFIG_HOME')
  }
  return file
}

async function writeDraft(draft: string, text: string): Promise<void> {
  // `wx`: a file or link that someone laid there is not followed.
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Forgets the login.
 * @returns false when there was none. */
export async function removeLogin(env: Env): Promise<boolean> {
  const file = loginFile(env)
  if (!file) return false
  try {
    await rm(file)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw new CommandError(`${file} can not be removed: ${code ?? 'unknown reason'}`, 'remove it by hand')
  }
}
