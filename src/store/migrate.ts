// Brings the store's schema to what this version needs: plain SQL files, in order, each once, all in one transaction.
// Several instances may start at once: an advisory lock lets one work while the others wait.

import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { runner } from 'node-pg-migrate'
import { closeToPublic, type Lost, openingText } from './close-to-public.js'
import { clientConfig } from './pool.js'
import { StoreError, toStoreError } from './store-error.js'

// Found from src/store and from dist/store alike: the SQL files are not compiled.
export const MIGRATIONS = fileURLToPath(new URL('../../src/store/migrations', import.meta.url))

// SQL-standard function bodies, which no search_path can bend, came with PostgreSQL 14.
const OLDEST_VERSION = 140_000

export interface MigrateOptions {
  /** Longest wait for another instance's migration, and for one statement of ours. Default 60000. */
  readonly timeoutMs?: number
  /** Receives sentences for an operator: what was done about access to the store, or could not be. */
  readonly note?: (text: string) => void
}

/** Runs the migrations that the store lacks, and returns their names in order. Each time it also closes the store's database to
 * PUBLIC, or notes how to; that cannot fail a migration.
 * @throws StoreError `server_too_old` for a server older than PostgreSQL 14, `bad_schema` when the store was migrated by
 * another version of Postern, `timeout` when another migration holds the lock for too long. */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const timeoutMs = options.timeoutMs ?? 60_000
  const client = new pg.Client(clientConfig(url, { statementTimeoutMs: timeoutMs, lockTimeoutMs: timeoutMs }))
  // A connection that breaks is told by the query under way; without a listener it would end the process.
  client.on('error', () => undefined)
  const queries = new QueryRecorder(client)
  try {
    await client.connect()
    await refuseOldServer(client)
    const ran = await runner({
      dbClient: queries as unknown as pg.ClientBase,
      dir: MIGRATIONS,
      direction: 'up',
      schema: 'postern',
      createSchema: await lacksSchema(client),
      migrationsTable: 'migrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      logger: SILENT,
    })
    await close(client, options.note)
    return ran.map(migration => migration.name)
  } catch (error) {
    throw toMigrationError(queries.firstFailure ?? error)
  } finally {
    // Also lets go of the advisory lock.
    await client.end().catch(() => undefined)
  }
}

async function close(client: pg.Client, note: (text: string) => void = ignore): Promise<void> {
  try {
    const closing = await closeToPublic(client)
    switch (closing.outcome) {
      case 'was-closed':
        return
      case 'closed': {
        const granted = closing.granted.length === 0 ? '' : `; granted CONNECT to ${closing.granted.join(', ')}`
        note(`Revoked ${closing.rights.join(' and ')} on the store's database from PUBLIC${granted}.`)
        return noteLost(closing.lost, 'can no longer connect', note)
      }
      case 'still-open':
        note(
          `Warning: ${openingText(closing)}, and this role may not change that. Run as ${closing.runAs}: ${closing.sql}`,
        )
        return noteLost(closing.lost, 'can no longer connect then', note)
    }
  } catch (error) {
    note(
      `Warning: the rights to the store's database could not be revoked from PUBLIC: ${toStoreError('migrate', error).message}`,
    )
  }
}

function noteLost({ roles, total }: Lost, what: string, note: (text: string) => void): void {
  if (total === 0) return
  const names = total > roles.length ? `${roles.join(', ')} and ${total - roles.length} more` : roles.join(', ')
  note(
    `Warning: ${names} may read every table by pg_read_all_data or pg_write_all_data, but ${what} to the store's database. ` +
      'GRANT CONNECT on it to those that belong to the store, such as a backup, and to no login of a registered database.',
  )
}

/** The client as node-pg-migrate uses it. It wraps some errors of the server without their SQLSTATE, and a failed ROLLBACK hides why it
 * was needed; so the first failure is kept. */
class QueryRecorder {
  readonly #client: pg.Client
  firstFailure: unknown = null

  constructor(client: pg.Client) {
    this.#client = client
  }

  async query(query: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(query, values)
    } catch (error) {
      this.firstFailure ??= error
      throw error
    }
  }
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore }

function ignore(): void {}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const result = await client.query<{ version: number }>("select current_setting('server_version_num')::int as version")
  const version = result.rows[0]?.version ?? 0
  if (version < OLDEST_VERSION)
    throw new StoreError('server_too_old', 'migrate: the store needs PostgreSQL 14 or newer')
}

// CREATE SCHEMA IF NOT EXISTS needs the right to create even when the schema exists, and an admin may have made it.
async function lacksSchema(client: pg.Client): Promise<boolean> {
  const result = await client.query<{ lacks: boolean }>("select to_regnamespace('postern') is null as lacks")
  return result.rows[0]?.lacks ?? true
}

function toMigrationError(error: unknown): StoreError {
  // node-pg-migrate's own words for a store whose migrations are not a prefix of ours.
  if (error instanceof Error && error.message.startsWith('Not run migration')) {
    return new StoreError('bad_schema', 'migrate: the store was migrated by another version')
  }
  return toStoreError('migrate', error)
}
