// The people and machines of a first run: an admin, and two accounts with a key each. A later run keeps what is there,
// and makes a new key where the old one no longer works, so that the printed lines always do.

import argon2 from 'argon2'
import { randomBytes } from 'node:crypto'
import type { Role } from '../auth/account.js'
import { ARGON2_OPTIONS, createCredential } from '../auth/credential.js'
import { mintToken, parseToken } from '../auth/token.js'
import { createPersonalAccount, createPinnedAccount, setPasswordHash } from '../store/account-lifecycle.js'
import { getAccountByName, type Account } from '../store/accounts.js'
import { addDatabase, getDatabaseByName, moveDatabase, type Database, type NewDatabase } from '../store/databases.js'
import { setGrant } from '../store/grants.js'
import { createKey } from '../store/keys.js'
import { StoreError } from '../store/store-error.js'
import { withTransaction } from '../store/transaction.js'
import type { Knowledge } from './knowledge.js'
import type { Quickstart } from './quickstart-file.js'

export const ADMIN_EMAIL = 'admin@postern.localhost'

const EXAMPLES = [
  { account: 'demo-reader', role: 'reader' },
  { account: 'demo-writer', role: 'writer' },
] as const satisfies readonly { account: string; role: Role }[]

export interface Cast {
  readonly admin: { readonly email: string; readonly password: string; readonly token: string }
  readonly examples: readonly { readonly account: string; readonly role: Role; readonly token: string }[]
}

/** Registers the sample database unless it is registered. Its server may have moved to another port since. */
export async function ensureRegistered(
  { store, sealer }: Knowledge,
  name: string,
  server: { readonly host: string; readonly port: number },
  provision: () => Promise<NewDatabase>,
): Promise<Database> {
  const known = await unlessMissing(getDatabaseByName(store, name))
  if (known && known.port === server.port) return known
  if (known) return withTransaction(store, tx => moveDatabase(tx, known.id, server))
  const database = await provision()
  return withTransaction(store, tx => addDatabase(tx, sealer, database))
}

/** Makes sure of the admin, the example accounts and their keys. `before` is what the last run remembered. */
export async function ensureCast(
  knowledge: Knowledge,
  database: Database,
  limits: { readonly personal: number; readonly service: number },
  before: Partial<Quickstart> | null,
): Promise<Cast> {
  const { store } = knowledge
  const { admin, password } = await ensureAdmin(knowledge, before?.admin)
  const adminToken = await ensureKey(knowledge, admin, before?.admin?.token, limits.personal)
  const examples: { account: string; role: Role; token: string }[] = []
  for (const { account: name, role } of EXAMPLES) {
    let account = await unlessMissing(getAccountByName(store, name))
    if (!account) {
      // The maker's role caps the account's, so the admin needs one. Granted once: a later run gives back nothing.
      const grant = { accountId: admin.id, databaseId: database.id, role: 'admin' } as const
      if (examples.length === 0) await withTransaction(store, tx => setGrant(tx, grant))
      const made = {
        name,
        role,
        databaseIds: [database.id],
        makerId: admin.id,
        description: 'Made by the first start.',
      }
      account = await withTransaction(store, tx => createPinnedAccount(tx, made))
    }
    const remembered = before?.examples?.find(example => example.account === name)?.token
    examples.push({ account: name, role, token: await ensureKey(knowledge, account, remembered, limits.service) })
  }
  return { admin: { email: admin.name, password, token: adminToken }, examples }
}

async function ensureAdmin({ store }: Knowledge, remembered: Quickstart['admin'] | undefined) {
  const known = await unlessMissing(getAccountByName(store, ADMIN_EMAIL))
  if (known && remembered) return { admin: known, password: remembered.password }
  const password = randomBytes(12).toString('base64url')
  const passwordHash = await argon2.hash(password, ARGON2_OPTIONS)
  if (known) {
    // Whoever can read the data directory owns all of this: forgetting the password is no reason to start over.
    await withTransaction(store, tx => setPasswordHash(tx, known.id, passwordHash))
    return { admin: known, password }
  }
  const made = { email: ADMIN_EMAIL, orgRole: 'admin', passwordHash } as const
  return { admin: await withTransaction(store, tx => createPersonalAccount(tx, made)), password }
}

/** Answers the remembered token if its key still works, or a new one. */
async function ensureKey(
  { store, accountRecords, revocations }: Knowledge,
  account: Account,
  remembered: string | undefined,
  limit: number,
): Promise<string> {
  const keyId = remembered && parseToken(remembered)?.keyId
  const { value: record } = await accountRecords.loadAccount(account.name)
  if (!record) throw new Error(`the account ${account.name} is gone`)
  const key = record.keys.find(candidate => candidate.id === keyId)
  const isActive = key && !key.revoked && (key.expiresAt === null || key.expiresAt > revocations.storeNow())
  if (remembered && isActive) return remembered
  const minted = mintToken()
  const credential = await createCredential(minted.token, record.scram)
  const made = { id: minted.keyId, accountId: account.id, name: 'first start', credential }
  await withTransaction(store, tx => createKey(tx, made, limit))
  return minted.token
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof StoreError && error.code === 'not_found') return null
    throw error
  }
}
