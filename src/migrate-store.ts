// `postern migrate`: the store's schema, and the first admin of a store that has none.

import { makeAdminKey, makeAdminLink } from './compose/first-admin.js'
import { readSettings } from './compose/read-settings.js'
import { urlOf } from './compose/url-of.js'
import { migrate } from './store/migrate.js'
import { openStore } from './store/pool.js'

export interface MigrateOptions {
  readonly configFile?: string
  /** E-mail address of a person who is to be an admin. */
  readonly admin?: string
  /** Give them a link to choose a password with, in place of a key. */
  readonly link?: boolean
}

/** `postern migrate`: brings the store's schema up to date, and makes a key or a link for an admin if asked for: its token
 * or the link alone goes to stdout, everything else to stderr. Returns the exit code. */
export async function migrateStore({ configFile, admin, link = false }: MigrateOptions): Promise<number> {
  const settings = readSettings(configFile)
  if (!settings) return 1
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  const ran = await migrate(settings.store.url, { note: say })
  say(ran.length === 0 ? 'The store is up to date.' : `Ran ${ran.join(', ')}.`)
  if (admin === undefined) return 0
  const store = openStore(settings.store.url, { poolSize: 1 })
  try {
    if (link) {
      const { api, invitations } = settings
      const baseUrl = api.publicUrl ?? urlOf(api.host, api.port, api.certificateFile !== null)
      const url = await makeAdminLink(store, admin, { baseUrl, expiresInMs: invitations.expiresAfterMs })
      process.stdout.write(`${url}\n`)
      say(`Made a link for ${admin}, an admin. It works once, for choosing a password.`)
      return 0
    }
    const { keyId, token } = await makeAdminKey(store, admin, settings.keys.maxPerPersonalAccount)
    process.stdout.write(`${token}\n`)
    say(`Made key ${keyId} of ${admin}, an admin. This is the only time that its token is shown.`)
    return 0
  } finally {
    await store.close()
  }
}
