// Rows for the store's tests: a migrated store of its own for each test, and short ways to fill it.

import { randomBytes, randomUUID } from 'node:crypto'
import type { Role } from '../../src/auth/account.js'
import { createPersonalAccount, createPinnedAccount } from '../../src/store/account-lifecycle.js'
import type { Account } from '../../src/store/accounts.js'
import { addDatabase } from '../../src/store/databases.js'
import { setGrant } from '../../src/store/grants.js'
import type { ApiKey } from '../../src/store/api-key.js'
import { createKey, type NewKey } from '../../src/store/keys.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore, type Store, type StoreOptions } from '../../src/store/pool.js'
import { Sealer } from '../../src/store/seal.js'
import { withTransaction } from '../../src/store/transaction.js'
import type { TestServer } from '../support/postgres.js'

interface Test {
  teardown(handler: () => Promise<void>): void
}

export const sealer = new Sealer([{ id: 'test', key: randomBytes(32) }])

/** Opens a new, migrated store, closed when the test ends. */
export async function sampleStore(t: Test, server: TestServer, options?: StoreOptions): Promise<Store> {
  return (await sampleStoreWithUrl(t, server, options)).store
}

export async function sampleStoreWithUrl(
  t: Test,
  server: TestServer,
  options?: StoreOptions,
): Promise<{ store: Store; url: string }> {
  const url = await server.freshDatabase({ template: await migratedTemplate(server) })
  const store = openStore(url, options)
  t.teardown(() => store.close())
  return { store, url }
}

const templates = new WeakMap<TestServer, Promise<string>>()

// Copying a migrated database is faster than migrating each one.
function migratedTemplate(server: TestServer): Promise<string> {
  const template = templates.get(server) ?? makeTemplate(server)
  templates.set(server, template)
  return template
}

async function makeTemplate(server: TestServer): Promise<string> {
  const url = await server.freshDatabase()
  await migrate(url)
  return new URL(url).pathname.slice(1)
}

export function samplePerson(store: Store, email = 'ada@example.com'): Promise<Account> {
  return createPersonalAccount(store, { email, orgRole: 'member', passwordHash: null })
}

export async function sampleDatabase(store: Store, name = 'shop'): Promise<{ id: string; name: string }> {
  const login = (user: string): { user: string; password: string } => ({ user, password: `${user}-password` })
  return withTransaction(store, tx =>
    addDatabase(tx, sealer, {
      name,
      host: 'db.example.com',
      port: 5432,
      dbname: 'shop',
      sslMode: 'verify-full',
      sslRootCert: null,
      announce: true,
      logins: { reader: login('r'), writer: login('w'), admin: login('a') },
    }),
  )
}

/** A pinned account and its maker, who is a writer on its database. */
export async function samplePinned(
  store: Store,
  role: Role = 'reader',
): Promise<{ maker: Account; machine: Account; database: { id: string; name: string } }> {
  const maker = await samplePerson(store)
  const database = await sampleDatabase(store)
  await setGrant(store, { accountId: maker.id, databaseId: database.id, role: 'writer' })
  const machine = await withTransaction(store, tx =>
    createPinnedAccount(tx, { name: 'robot', role, databaseIds: [database.id], makerId: maker.id }),
  )
  return { maker, machine, database }
}

export function sampleKey(
  store: Store,
  accountId: string,
  extra: Partial<NewKey> & { limit?: number } = {},
): Promise<ApiKey> {
  const { limit = 5, ...rest } = extra
  const id = randomUUID().replaceAll('-', '').slice(0, 12)
  const credential = { argon2: '$argon2id$sample', storedKey: randomBytes(32), serverKey: randomBytes(32) }
  return withTransaction(store, tx => createKey(tx, { id, accountId, credential, ...rest }, limit))
}
