// Accounts, clocks and stores that the tests of this folder share.

import { randomUUID } from 'node:crypto'
import type { AccountRecord, GrantRecord, KeyRecord, Role } from '../../src/auth/account.js'
import { createCredential } from '../../src/auth/credential.js'
import { newParameters } from '../../src/scram/parameters.js'
import type { DatabaseRecord } from '../../src/auth/database.js'
import type { Change, ChangeKind, ChangePage } from '../../src/auth/sources.js'
import { mintToken, type MintedToken } from '../../src/auth/token.js'
import { Refusal } from '../../src/errors.js'

/** A clock that stands still until it is told to go. */
export class TestClock {
  #ms = 1_000_000

  readonly now = (): number => this.#ms

  advance(ms: number): void {
    this.#ms += ms
  }
}

/** The parameters of every sample account, so that a credential, which costs some 20 ms, can serve many tests. */
export const SCRAM = newParameters()

/** A minted token and the record of its key. */
export interface SampleKey extends MintedToken {
  readonly record: KeyRecord
}

export async function sampleKey(options: Partial<KeyRecord> = {}): Promise<SampleKey> {
  const minted = mintToken()
  const credential = await createCredential(minted.token, SCRAM)
  return { ...minted, record: { id: minted.keyId, expiresAt: null, revoked: false, ...credential, ...options } }
}

export function sampleAccount(options: Partial<AccountRecord> = {}): AccountRecord {
  return {
    id: randomUUID(),
    name: 'robot',
    kind: 'service',
    state: 'active',
    scram: SCRAM,
    keys: [],
    scope: { type: 'groups', grants: [] },
    allowFrom: null,
    ...options,
  }
}

/** A grant on the database of this name; its id is made of the name. */
export function grant(database: string, role: Role, group: string | null = null): GrantRecord {
  return { databaseId: idOf(database), database, role, group }
}

export function idOf(database: string): string {
  return `id-of-${database}`
}

export function sampleDatabase(name: string): DatabaseRecord {
  const login = (role: Role) => ({ user: `postern_${name}_${role}`, password: `password of ${role}` })
  return {
    id: idOf(name),
    name,
    host: 'db.example.com',
    port: 5432,
    dbname: name,
    sslMode: 'verify-full',
    sslRootCert: null,
    announce: true,
    logins: { reader: login('reader'), writer: login('writer'), admin: login('admin') },
  }
}

export function change(seq: number, kind: ChangeKind, about: Partial<Change> = {}): Change {
  return {
    seq,
    at: 0,
    kind,
    accountId: null,
    accountName: null,
    keyId: null,
    databaseId: null,
    sessionId: null,
    network: null,
    ...about,
  }
}

/** A page that shows the store up to its last change, unless told otherwise. */
export function page(changes: readonly Change[], options: Partial<ChangePage> = {}): ChangePage {
  return { changes, head: changes.at(-1)?.seq ?? 0, storeTime: 0, missed: false, ...options }
}

/** Waits for a promise to be refused; whatever else becomes of it is thrown. */
export async function refusalOf(answer: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await answer.then(
    () => new Error('no refusal came'),
    (error: unknown) => error,
  )
  if (error instanceof Refusal) return error
  throw error
}

/** A promise that the test settles when it likes. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: Error): void
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

/** Lets everything that is ready to run do so. */
export function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
