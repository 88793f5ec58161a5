// Reads accounts for authentication: all that a login is checked against, in one statement and so in one snapshot.

import type { AccountRecord, AccountState, KeyRecord } from '../auth/account.js'
import type { AccountSource, Loaded } from '../auth/sources.js'
import { stateSql } from './accounts.js'
import type { Executor } from './pool.js'
import { scopeSql, toScope, type ScopeRow } from './scope-records.js'

// Every active key is in the record. Of the keys that stopped, the newest: enough for the log to tell why a login
// failed, and an account that rotates daily does not grow without end.
const MAX_STOPPED_KEYS = 50

/** The store as authentication sees it. */
export class AccountRecords implements AccountSource {
  readonly #store: Executor

  constructor(store: Executor) {
    this.#store = store
  }

  loadAccount(name: string): Promise<Loaded<AccountRecord>> {
    return this.#load('load an account by name', 'a.name = $1 and a.deleted_at is null', name)
  }

  /** Reads an account by id, in whatever state it is. */
  loadAccountById(id: string): Promise<Loaded<AccountRecord>> {
    return this.#load('load an account by id', 'a.id = $1::uuid', id)
  }

  /** Reads the account that has the key, in whatever state the two are. */
  loadAccountByKeyId(keyId: string): Promise<Loaded<AccountRecord>> {
    return this.#load('load an account by key', 'a.id = (select account_id from postern.api_keys where id = $1)', keyId)
  }

  async #load(doing: string, condition: string, value: string): Promise<Loaded<AccountRecord>> {
    const [row] = await this.#store.run<Row>(doing, recordSql(condition), [value, MAX_STOPPED_KEYS])
    if (!row) throw new TypeError('a statement with one row returned none')
    return { asOf: Number(row.as_of), value: row.id === null ? null : toRecord(row) }
  }
}

interface Row extends ScopeRow {
  as_of: string
  id: string | null
  name: string
  kind: 'personal' | 'service'
  state: AccountState
  scram_salt: Buffer
  scram_iterations: number
  keys: KeyJson[]
  allow_from: string[] | null
}

interface KeyJson {
  id: string
  expiresAt: number | null
  revoked: boolean
  argon2: string
  storedKey: string
  serverKey: string
}

function toRecord(row: Row): AccountRecord {
  return {
    id: row.id ?? '',
    name: row.name,
    kind: row.kind,
    state: row.state,
    scram: { salt: row.scram_salt, iterations: row.scram_iterations },
    keys: row.keys.map(toKey),
    scope: toScope(row),
    allowFrom: row.allow_from,
  }
}

function toKey(key: KeyJson): KeyRecord {
  return { ...key, storedKey: Buffer.from(key.storedKey, 'hex'), serverKey: Buffer.from(key.serverKey, 'hex') }
}

// One row always: change_head() is there even when the account is not, and both are of the same snapshot.
function recordSql(condition: string): string {
  return `
    select h.as_of, a.id, a.name, a.kind, ${stateSql('a')} as state, a.scram_salt, a.scram_iterations,
      ${KEYS_SQL} as keys, a.allow_from::text[] as allow_from, ${scopeSql()}
    from (select postern.change_head() as as_of) h left join postern.accounts a on ${condition}`
}

const KEYS_SQL = `(
  select coalesce(json_agg(json_build_object(
      'id', k.id, 'expiresAt', postern.epoch_ms(k.expires_at), 'revoked', k.revoked_at is not null,
      'argon2', k.argon2, 'storedKey', encode(k.stored_key, 'hex'), 'serverKey', encode(k.server_key, 'hex')
    ) order by k.created_at, k.id), '[]')
  from (
    select k.*, row_number() over (partition by active order by created_at desc, id) as place
    from (select *, revoked_at is null and (expires_at is null or expires_at > now()) as active
      from postern.api_keys where account_id = a.id) k
  ) k where k.active or k.place <= $2
)`
