// The way to the control-plane store: a pool of connections on which nothing can wait for ever.
// Settings: PostgreSQL manual, "Client Connection Defaults".

import pg from 'pg'
import { parseIntoClientConfig } from 'pg-connection-string'
import { Announcer, type AnnouncementListener } from './announcer.js'
import { StoreError, toStoreError } from './store-error.js'

export interface StoreOptions {
  /** Connections at most. Default 10. */
  readonly poolSize?: number
  /** Longest that one statement may run. Default 5000. */
  readonly statementTimeoutMs?: number
  /** Longest wait for a lock, the lock of the change feed among them. Default 3000. */
  readonly lockTimeoutMs?: number
  /** Longest pause between two statements of a transaction: a hung writer must not hold up all others. Default 5000. */
  readonly idleInTransactionTimeoutMs?: number
  /** Longest wait for a connection, from the pool or the network. Default 5000. */
  readonly connectTimeoutMs?: number
  /** Requests that may wait for a connection; more are refused at once. Default 1000. */
  readonly maxWaiting?: number
  /** Hears of idle connections that broke: for the log, the pool replaces them. */
  readonly onError?: (error: StoreError) => void
  /** Receives the outcome of each announcement of changes. */
  readonly onAnnounced?: AnnouncementListener
}

/** Runs SQL, in a transaction or each statement on its own. */
export interface Executor {
  /** Runs one statement and returns its rows. `doing` says what for, in errors: "list keys".
   * @throws StoreError */
  run<Row>(doing: string, sql: string, values?: readonly unknown[]): Promise<Row[]>
}

/** The store: each statement on any connection of the pool. Close it when done. */
export interface Store extends Executor {
  /** Takes one connection out of the pool; see `withTransaction`. */
  connect(doing: string): Promise<pg.PoolClient>
  /** Announces committed changes up to this seq to all instances, soon; see Announcer. */
  announce(seq: string): void
  close(): Promise<void>
}

/** Opens the store at a `postgres://` URL. Connects when first used. */
export function openStore(url: string, options: StoreOptions = {}): Store {
  const pool = new pg.Pool({
    ...clientConfig(url, options),
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
  })
  // Without a listener, a connection that breaks while idle would end the process.
  pool.on('error', error => options.onError?.(toStoreError('keep an idle connection', error)))
  return new PooledStore(pool, options)
}

/** Makes the configuration of a connection with its limits. The URL's own `options` come first, so ours hold.
 * @throws StoreError `invalid` for a URL that is none; it says nothing of it, for there may be a password in it. */
export function clientConfig(url: string, options: StoreOptions = {}): pg.ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5000
  const fromUrl = parseUrl(url)
  return {
    ...fromUrl,
    application_name: fromUrl.application_name ?? 'postern',
    keepAlive: true,
    // Our statements qualify every name; this keeps a search_path of role or database from putting functions of
    // another schema before those of pg_catalog.
    options: [fromUrl.options, '-c search_path=pg_catalog'].filter(Boolean).join(' '),
    statement_timeout: statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs ?? 3000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 5000,
    // For a server that no longer answers: a little after the server would have given up by itself.
    query_timeout: statementTimeoutMs + 1000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
  }
}

/** Where a store is, without user and password: for messages. */
export interface StorePlace {
  /** Host and port, or the path of a socket. */
  readonly server: string
  readonly database: string
}

/** Finds the place of a store, with libpq's defaults for what its URL leaves out. Connects to nothing.
 * @throws StoreError `invalid` for a URL that is none */
export function placeOf(url: string): StorePlace {
  const { host, port, database } = new pg.Client(clientConfig(url))
  const server = host.startsWith('/')
    ? `${host}/.s.PGSQL.${port}`
    : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return { server, database: database ?? '' }
}

function parseUrl(url: string): pg.ClientConfig {
  try {
    return parseIntoClientConfig(withVerifyFull(url))
  } catch {
    throw new StoreError('invalid', 'parse the URL of the store')
  }
}

// pg takes these three for verify-full, and warns on stderr that its next major version will not. Written out, it stays so.
function withVerifyFull(url: string): string {
  if (/[?&]uselibpqcompat=true(&|$)/.test(url)) return url
  return url.replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/g, '$1verify-full')
}

class PooledStore implements Store {
  readonly #pool: pg.Pool
  readonly #maxWaiting: number
  readonly #announcer: Announcer

  constructor(pool: pg.Pool, { maxWaiting = 1000, onAnnounced }: StoreOptions) {
    this.#pool = pool
    this.#maxWaiting = maxWaiting
    this.#announcer = new Announcer(this, onAnnounced)
  }

  async run<Row>(doing: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    this.#refuseWhenFull(doing)
    try {
      const result = await this.#pool.query(sql, [...values])
      return result.rows as Row[]
    } catch (error) {
      throw toStoreError(doing, error)
    }
  }

  async connect(doing: string): Promise<pg.PoolClient> {
    this.#refuseWhenFull(doing)
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw toStoreError(doing, error)
    }
  }

  announce(seq: string): void {
    this.#announcer.announce(seq)
  }

  async close(): Promise<void> {
    await this.#announcer.idle()
    await this.#pool.end()
  }

  #refuseWhenFull(doing: string): void {
    if (this.#pool.waitingCount >= this.#maxWaiting) throw new StoreError('unavailable', `${doing}: too many wait`)
  }
}
