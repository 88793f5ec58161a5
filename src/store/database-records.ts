// Reads registered databases for the proxy, and opens the sealed passwords of their logins: in memory only.

import type { Role } from '../auth/account.js'
import type { DatabaseRecord, Login } from '../auth/database.js'
import type { DatabaseSource, Loaded } from '../auth/sources.js'
import { loginPlace } from './databases.js'
import type { Executor } from './pool.js'
import type { Sealer } from './seal.js'
import { StoreError } from './store-error.js'
import { isUuid } from './uuid.js'

/** The databases as the proxy sees them. */
export class DatabaseRecords implements DatabaseSource {
  readonly #store: Executor
  readonly #sealer: Sealer

  constructor(store: Executor, sealer: Sealer) {
    this.#store = store
    this.#sealer = sealer
  }

  /** @throws StoreError `unsealable` or `incomplete` when a login can not be used: there is no lesser answer */
  async loadDatabase(id: string): Promise<Loaded<DatabaseRecord>> {
    const [row] = await this.#store.run<Row>('load a database', RECORD_SQL, [isUuid(id) ? id : null])
    if (!row) throw new TypeError('a statement with one row returned none')
    return { asOf: Number(row.as_of), value: row.id === null ? null : this.#toRecord(row, row.id) }
  }

  #toRecord(row: Row, id: string): DatabaseRecord {
    const { name, host, port, dbname, ssl_mode: sslMode, ssl_root_cert: sslRootCert, announce } = row
    const logins = new Map(row.logins.map(login => [login.role, this.#open(id, login)]))
    const [reader, writer, admin] = [logins.get('reader'), logins.get('writer'), logins.get('admin')]
    if (!reader || !writer || !admin) throw new StoreError('incomplete', 'load a database')
    return { id, name, host, port, dbname, sslMode, sslRootCert, announce, logins: { reader, writer, admin } }
  }

  #open(databaseId: string, { role, user, sealed }: SealedLogin): Login {
    const password = this.#sealer.open(Buffer.from(sealed, 'hex'), loginPlace(databaseId, role, user))
    return { user, password }
  }
}

interface SealedLogin {
  role: Role
  user: string
  /** In hexadecimal. */
  sealed: string
}

interface Row extends Pick<DatabaseRecord, 'name' | 'host' | 'port' | 'dbname' | 'announce'> {
  as_of: string
  id: string | null
  ssl_mode: DatabaseRecord['sslMode']
  ssl_root_cert: string | null
  logins: SealedLogin[]
}

// One row always, and one snapshot, as in account-records.ts.
const RECORD_SQL = `
  select h.as_of, d.id, d.name, d.host, d.port, d.dbname, d.ssl_mode, d.ssl_root_cert, d.announce,
    (select coalesce(json_agg(json_build_object(
        'role', l.role, 'user', l.username, 'sealed', encode(l.sealed_password, 'hex'))), '[]')
      from postern.logins l where l.database_id = d.id) as logins
  from (select postern.change_head() as as_of) h left join postern.databases d on d.id = $1`
