// Where the API is and which token to show it: POSTERN_API_URL and POSTERN_API_KEY, or else what `postern up` left in
// the nearest `.postern/quickstart.json`, in this folder or above.

import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommandError } from './command-error.js'
import type { Terminal } from './terminal.js'

export interface ApiAccess {
  readonly url: string
  /** null: none is known. Only revoking a pasted token works without. */
  readonly token: string | null
  /** Where both came from. They are never mixed: a token must not go to a server that it is not for. */
  readonly source: 'environment' | 'quickstart'
}

const QUICKSTART = join('.postern', 'quickstart.json')
const HOW_TO = 'start Postern here with npm start, or set POSTERN_API_URL and POSTERN_API_KEY'

// The file holds an address, a token and a few examples.
const MAX_QUICKSTART_BYTES = 65_536

/** Finds the API.
 * @throws CommandError when neither place tells, or tells only half. */
export async function findApi(terminal: Pick<Terminal, 'env' | 'cwd'>): Promise<ApiAccess> {
  const url = terminal.env['POSTERN_API_URL']
  const token = terminal.env['POSTERN_API_KEY']
  if (url) return { url: httpUrl(url, 'POSTERN_API_URL'), token: token ? token.trim() : null, source: 'environment' }
  if (token) {
    throw new CommandError(
      'POSTERN_API_KEY is set, but POSTERN_API_URL is not',
      'set both, or neither to use the instance that npm start made here',
    )
  }
  return fromQuickstart(terminal.cwd)
}

async function fromQuickstart(cwd: string): Promise<ApiAccess> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, QUICKSTART)
    const text = await readOwn(file)
    if (text !== null) return parseQuickstart(text, file)
    if (folder === dirname(folder)) throw new CommandError('no Postern API is known here', HOW_TO)
  }
}

function parseQuickstart(text: string, file: string): ApiAccess {
  const { api, token } = fields(text)
  if (typeof api !== 'string' || typeof token !== 'string') {
    throw new CommandError(`${file} can not be understood`, 'run npm start again: it writes the file anew')
  }
  return { url: httpUrl(api, file), token, source: 'quickstart' }
}

function fields(text: string): { api?: unknown; token?: unknown } {
  try {
    const { api, admin } = JSON.parse(text) as { api?: unknown; admin?: { token?: unknown } }
    return { api, token: admin?.token }
  } catch {
    return {}
  }
}

/** Reads the file, or gives null when there is none. A file of another user is not believed: in a shared folder such as
 * /tmp it could send this user's secrets to an API of that user's choice. */
async function readOwn(file: string): Promise<string | null> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const { uid, mode, size } = await handle.stat()
    const me = process.getuid?.()
    const mine = me === undefined || uid === me || uid === 0
    if (!mine || (me !== undefined && (mode & 0o022) !== 0)) {
      throw new CommandError(`${file} could be written by another user, so it is not used`, HOW_TO)
    }
    if (size > MAX_QUICKSTART_BYTES) throw new CommandError(`${file} is too long to be what npm start wrote`, HOW_TO)
    return await handle.readFile('utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (error instanceof CommandError) throw error
    throw new CommandError(`${file} can not be read: ${code ?? 'unknown reason'}`, HOW_TO)
  } finally {
    await handle?.close()
  }
}

function httpUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new CommandError(`${where} does not hold an http:// or https:// URL`, 'as in https://postern.example.com')
  }
  if (url.username !== '' || url.password !== '') {
    throw new CommandError(`${where} holds a user name or password`, 'the token belongs in POSTERN_API_KEY')
  }
  return text.trim().replace(/\/+$/, '')
}

/** True when a token sent to this URL could be read on its way. */
export function isExposed(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
