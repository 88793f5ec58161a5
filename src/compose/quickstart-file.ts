// What `postern up` remembers for the person at the keyboard: how to reach it, as whom, and the example tokens. The file is
// readable by its owner only; the store itself keeps no token.

import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import type { Role } from '../auth/account.js'

export interface Example {
  readonly account: string
  readonly role: Role
  readonly database: string
  readonly token: string
  readonly uri: string
}

export interface Quickstart {
  /** Base URL of the API. */
  readonly api: string
  readonly metrics: string
  readonly proxy: { readonly host: string; readonly port: number }
  /** The certificate authority that clients trust. */
  readonly ca: string
  readonly admin: { readonly email: string; readonly password: string; readonly token: string }
  readonly examples: readonly Example[]
}

/** Reads the file; null when there is none or it is damaged: it is then made anew, with new tokens. */
export async function readQuickstart(file: string): Promise<Partial<Quickstart> | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<Quickstart>
  } catch {
    return null
  }
}

/** Writes the file whole, with mode 0600 from its first byte on. */
export async function writeQuickstart(file: string, quickstart: Quickstart): Promise<void> {
  const draft = `${file}.new`
  await writeFile(draft, `${JSON.stringify(quickstart, null, 2)}\n`, { mode: 0o600 })
  await chmod(draft, 0o600)
  await rename(draft, file)
}
