// Whether this instance can work with the store: whether its schema is the one that this version needs, and whether its
// sealed secrets open with the keys that are configured. Two short statements, for a check that is done again and again.

import { readdirSync } from 'node:fs'
import type { Role } from '../auth/account.js'
import { loginPlace } from './databases.js'
import { MIGRATIONS } from './migrate.js'
import type { Executor } from './pool.js'
import type { Sealer } from './seal.js'
import { StoreError } from './store-error.js'

export interface StoreCheck {
  /** missing: `migrate` never ran. older: it lacks migrations of this version. newer: it has others on top of them. */
  readonly schema: 'current' | 'missing' | 'older' | 'newer'
  /** Migrations of this version that the store lacks, or of another version that it has. */
  readonly migrations: readonly string[]
  /** Of the keys that sealed something: whether all are configured, some, or none. open: nothing is sealed, or all opens. */
  readonly secrets: 'open' | 'partly' | 'closed'
}

/** More keys than anyone rotates through without sealing anew. */
const MAX_KEYS = 100

/** Checks the store. Rejects with a StoreError when it cannot be read. */
export async function checkStore(store: Executor, sealer: Sealer): Promise<StoreCheck> {
  const schema = await readSchema(store)
  const hasTables = schema.schema === 'current' || schema.schema === 'newer'
  return { ...schema, secrets: hasTables ? await tryKeys(store, sealer) : 'open' }
}

async function readSchema(store: Executor): Promise<Pick<StoreCheck, 'schema' | 'migrations'>> {
  const ran = await ranMigrations(store)
  if (!ran) return { schema: 'missing', migrations: [] }
  const known = ownMigrations()
  const lacking = known.filter(name => !ran.includes(name))
  if (lacking.length > 0) return { schema: 'older', migrations: lacking }
  const foreign = ran.filter(name => !known.includes(name))
  return { schema: foreign.length > 0 ? 'newer' : 'current', migrations: foreign }
}

/** The migrations that ran, or null when the store has never been migrated. */
async function ranMigrations(store: Executor): Promise<string[] | null> {
  try {
    const rows = await store.run<{ name: string }>('read the migrations', 'select name from postern.migrations')
    return rows.map(({ name }) => name)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'bad_schema') return null
    throw error
  }
}

function ownMigrations(): string[] {
  return readdirSync(MIGRATIONS)
    .filter(file => file.endsWith('.sql'))
    .map(file => file.slice(0, -'.sql'.length))
    .sort()
}

interface Sealed {
  readonly id: string
  readonly role: Role
  readonly user: string
  readonly sealed: Buffer
}

/** Opens one secret of each key that sealed any. A single one that was tampered with says nothing of the key. */
async function tryKeys(store: Executor, sealer: Sealer): Promise<StoreCheck['secrets']> {
  const samples = await store.run<Sealed>('read a sealed secret of each key', SAMPLES_SQL, [MAX_KEYS])
  const opened = samples.filter(sample => opens(sample, sealer)).length
  if (opened === samples.length) return 'open'
  return opened === 0 ? 'closed' : 'partly'
}

function opens({ id, role, user, sealed }: Sealed, sealer: Sealer): boolean {
  try {
    sealer.open(sealed, loginPlace(id, role, user))
    return true
  } catch {
    return false
  }
}

// The id of the key is in clear in the header: see seal.ts.
const SAMPLES_SQL = `
  select distinct on (key_id) id, role, "user", sealed
  from (
    select database_id as id, role, username as "user", sealed_password as sealed,
      substring(sealed_password from 3 for get_byte(sealed_password, 1)) as key_id
    from postern.logins where octet_length(sealed_password) > 2
  ) l
  order by key_id, id, role
  limit $1`
