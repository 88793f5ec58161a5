// `postern migrate`: the store's schema, and the first admin of a store that has none.

import { makeAdminKey, makeAdminLink, NotAnAdminError } from './compose/first-admin.js'
import { readSettings } from './compose/read-settings.js'
import { explainStoreFailure, type Failure } from './compose/store-failure.js'
import { urlOf } from './compose/url-of.js'
import type { Settings } from './settings.js'
import { migrate } from './store/migrate.js'
import { openStore } from './store/pool.js'
import { StoreError } from './store/store-error.js'

export interface MigrateOptions {
  readonly configFile?: string
  /** E-mail address of a person who is to be an admin. */
  readonly admin?: string
  /** Give them a link to choose a password with, in place of a key. */
  readonly link?: boolean
  /** Shows a secret, or calls `revoke` and rejects when that cannot be done. */
  readonly showSecret: (
    secret: string,
    about: { name: string; revoke: () => Promise<void>; byHand: string },
  ) => Promise<void>
}

/** `postern migrate`: brings the store's schema up to date, and makes a key or a link for an admin if asked for: its token
 * or the link alone is shown, everything else goes to stderr. Returns the exit code. */
export async function migrateStore(options: MigrateOptions): Promise<number> {
  const settings = readSettings(options.configFile)
  if (!settings) return 1
  // E-mail addresses are stored in lower case.
  const admin = options.admin?.toLowerCase()
  try {
    const ran = await migrate(settings.store.url, { note: say })
    say(ran.length === 0 ? 'The store is up to date.' : `Ran ${ran.join(', ')}.`)
    if (admin !== undefined) await giveSecret(settings, admin, options)
    return 0
  } catch (error) {
    const failure = explainAdminFailure(error, admin ?? '', settings) ?? explainStoreFailure(error, settings.store.url)
    if (!failure) throw error
    say(`error: ${failure.message}\nhint: ${failure.hint}`)
    return 1
  }
}

async function giveSecret(settings: Settings, admin: string, { link, showSecret }: MigrateOptions): Promise<void> {
  const store = openStore(settings.store.url, { poolSize: 1 })
  try {
    if (link) {
      const { api, invitations } = settings
      const baseUrl = api.publicUrl ?? urlOf(api.host, api.port, api.certificateFile !== null)
      const made = await makeAdminLink(store, admin, { baseUrl, expiresInMs: invitations.expiresAfterMs })
      const byHand = `postern user uninvite ${admin}`
      await showSecret(made.secret, { name: `the link for ${admin}`, revoke: made.revoke, byHand })
      say(`Made a link for ${admin}, an admin. It works once, for choosing a password.`)
      return
    }
    const { id, secret, revoke } = await makeAdminKey(store, admin, settings.keys.maxPerPersonalAccount)
    await showSecret(secret, { name: `key ${id} of ${admin}`, revoke, byHand: `postern key revoke ${id}` })
    say(`Made key ${id} of ${admin}, an admin. This is the only time that its token is shown.`)
  } finally {
    await store.close()
  }
}

/** Says why a person got no key or link; null for any other failure. */
function explainAdminFailure(error: unknown, admin: string, { keys }: Settings): Failure | null {
  if (error instanceof NotAnAdminError) return NOT_AN_ADMIN[error.why](admin)
  if (!(error instanceof StoreError)) return null
  if (error.code === 'key_limit_reached') {
    const count = keys.maxPerPersonalAccount
    return {
      message: `${admin} has ${count} active ${count === 1 ? 'key' : 'keys'}, the most allowed`,
      hint: 'revoke one with postern key revoke ID, or use --link: it lets them sign in to the console and revoke one there',
    }
  }
  if (error.constraint === 'accounts_name_form') {
    return { message: `${admin} cannot be the address of a person`, hint: 'give the e-mail address of a person' }
  }
  return null
}

const NOT_AN_ADMIN: Readonly<Record<NotAnAdminError['why'], (admin: string) => Failure>> = {
  deactivated: admin => ({
    message: `${admin} is deactivated`,
    hint: `another admin can change that: postern user activate ${admin}; or name another person`,
  }),
  not_admin: admin => ({
    message: `${admin} is in the organization and is not an admin of it`,
    hint: `another admin can change that: postern user edit ${admin} --role admin; or name another person`,
  }),
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
