// What the API needs from the side that speaks to upstream servers: to read a URL, to provision, to prove.

import type { Role } from '../auth/account.js'
import type { DatabaseRecord, Login } from '../auth/database.js'

/** Where an upstream database is, and how to speak to it. */
export type UpstreamAddress = Pick<DatabaseRecord, 'host' | 'port' | 'dbname' | 'sslMode' | 'sslRootCert'>

/** One check of one login. */
export interface Finding {
  readonly role: Role
  /** What was checked: "can not write". */
  readonly check: string
  readonly ok: boolean
  /** What was seen, fit for an admin's eyes. */
  readonly detail: string
  /** What ends it, such as SQL, where there is something to end. */
  readonly hint: string | null
}

/** What was seen when Postern logged in as each of the three logins. */
export interface Proof {
  /** Whether every check is. */
  readonly ok: boolean
  readonly server: { readonly version: string }
  readonly findings: readonly Finding[]
  /** The database is Postern's own store. */
  readonly isStore: boolean
}

export interface Provisioner {
  /** Reads a database's URL. Certificate authorities come with the request: a file of the API's machine is not read.
   * Rejects with ProvisionerError `bad_url`. */
  parseUrl(
    url: string,
    sslRootCert: string | null,
  ): Promise<UpstreamAddress & { readonly user: string; readonly password: string }>
  /** Makes the three logins with the credentials of the URL, which are not kept. Again gives them new passwords. */
  provision(request: { readonly name: string; readonly url: string; readonly sslRootCert: string | null }): Promise<{
    readonly address: UpstreamAddress
    readonly logins: Readonly<Record<Role, Login>>
    /** What an admin should know. */
    readonly notes: readonly string[]
  }>
  /** Logs in as each login and shows what it can do and can't. Rejects when it can't be told. */
  prove(database: UpstreamAddress & Pick<DatabaseRecord, 'logins'>): Promise<Proof>
}

export type ProvisionerErrorCode =
  /** The URL has a mistake. */
  | 'bad_url'
  /** The database is Postern's own store. */
  | 'is_store'
  /** The server can't be reached, refuses the login, is too old, or denies a right that is needed. */
  | 'upstream'

/** Says what went wrong in words that an admin may read: no password is in them. */
export class ProvisionerError extends Error {
  readonly code: ProvisionerErrorCode
  readonly hint: string

  constructor(code: ProvisionerErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'ProvisionerError'
    this.code = code
    this.hint = hint
  }
}
