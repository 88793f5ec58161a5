// Where the API is and which token to show it: POSTERN_API_URL and POSTERN_API_KEY, or else what `postern login` keeps,
// or else what `postern up` left in the nearest `.postern/quickstart.json`, in this folder or above.

import { dirname, join } from 'node:path'
import { httpUrl } from './api-url.js'
import { CommandError } from './command-error.js'
import { readOwnFile } from './own-file.js'
import { readLogin } from './stored-login.js'
import type { Terminal } from './terminal.js'

export interface ApiAccess {
  readonly url: string
  /** null: none is known. Only revoking a pasted token works without. */
  readonly token: string | null
  /** Where both came from. They are never mixed: a token must not go to a server that it is not for. */
  readonly source: 'environment' | 'login' | 'typed' | 'quickstart'
}

const QUICKSTART = join('.postern', 'quickstart.json')
const HOW_TO = 'start Postern here with npm start, run postern login, or set POSTERN_API_URL and POSTERN_API_KEY'

/** Finds the API.
 * @throws CommandError when no place tells, or one tells only half. */
export async function findApi({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): Promise<ApiAccess> {
  const url = env['POSTERN_API_URL']
  const token = env['POSTERN_API_KEY']
  if (url) return { url: httpUrl(url, 'POSTERN_API_URL'), token: token ? token.trim() : null, source: 'environment' }
  if (token) {
    throw new CommandError(
      'POSTERN_API_KEY is set, but POSTERN_API_URL is not',
      'set both, or neither to use postern login or the instance that npm start made here',
    )
  }
  const login = await readLogin(env)
  return login ? { ...login, source: 'login' } : fromQuickstart(cwd)
}

async function fromQuickstart(cwd: string): Promise<ApiAccess> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, QUICKSTART)
    const text = await readOwnFile(file, { readableByOthers: true, hint: HOW_TO })
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
