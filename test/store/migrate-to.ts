// Migrates a store to an earlier version, as an installation has it before it is upgraded.

import { readdirSync } from 'node:fs'
import { runner } from 'node-pg-migrate'

const MIGRATIONS = new URL('../../src/store/migrations/', import.meta.url).pathname

/** Runs the migrations up to the named one, such as `0012_login_counts`, on an empty database. */
export async function migrateTo(databaseUrl: string, last: string): Promise<void> {
  const names = readdirSync(MIGRATIONS).toSorted()
  const count = names.indexOf(`${last}.sql`) + 1
  if (count === 0) throw new Error(`no migration ${last}`)
  await runner({
    databaseUrl,
    dir: MIGRATIONS,
    direction: 'up',
    count,
    schema: 'postern',
    createSchema: true,
    migrationsTable: 'migrations',
    singleTransaction: true,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  })
}

function ignore(): void {}
