// The live sessions of this instance, so that each can be found and ended: by its id, its account, its database.

import type { EpochMs, Role, Seq } from '../auth/account.js'
import type { Grant } from '../auth/grant.js'
import type { Principal } from '../auth/principal.js'
import type { SessionEndCode } from '../errors.js'
import type { Visit } from './visit.js'

/** What can be seen of a session that is being relayed. */
export interface Relayed {
  /** Whether it waits for a query, outside any transaction. */
  readonly isIdle: boolean
  readonly bytesFromClient: number
  readonly bytesFromUpstream: number
}

/** How a session can be ended, which depends on how far it is. */
export interface Ending {
  (code: SessionEndCode): void
}

export class Session {
  readonly id: string
  readonly account: string
  readonly accountId: string
  readonly keyId: string
  readonly database: string
  readonly databaseId: string
  readonly role: Role
  /** The upstream LOGIN role. */
  readonly login: string
  readonly clientAddress: string
  /** The networks that its account may come from; null: anywhere. */
  readonly allowFrom: readonly string[] | null
  /** What the client calls itself, or null. */
  readonly application: string | null
  /** The change number of the account's snapshot that let this session in. */
  readonly accountAsOf: Seq
  /** The change number of the oldest snapshot that this session was decided on: the account's, or the database's. */
  readonly asOf: Seq
  /** When its key expires, or null. */
  expiresAt: EpochMs | null
  /** Since when a change could not be decided on, in monotonic milliseconds, or null. */
  undecidedSince: number | null = null
  /** Settles when the session is over and its upstream connection closed. */
  readonly closed: Promise<void>
  #settleClosed: () => void = () => {}
  readonly #visit: Visit
  #ending: Ending | null
  #relayed: Relayed = LOGGING_IN
  #endCode: SessionEndCode | null = null

  constructor(principal: Principal, grant: Grant, visit: Visit, ending: Ending) {
    this.id = visit.reference
    this.account = principal.account.name
    this.accountId = principal.account.id
    this.keyId = principal.key.id
    this.database = grant.database.name
    this.databaseId = grant.database.id
    this.role = grant.role
    this.login = grant.login.user
    this.clientAddress = visit.clientAddress
    this.allowFrom = principal.account.allowFrom
    this.application = visit.application
    this.#visit = visit
    this.accountAsOf = principal.asOf
    this.asOf = Math.min(principal.asOf, grant.asOf)
    this.expiresAt = principal.key.expiresAt
    this.#ending = ending
    this.closed = new Promise(resolve => (this.#settleClosed = resolve))
  }

  /** With what code the session was ended by the proxy, or null. */
  get endCode(): SessionEndCode | null {
    return this.#endCode
  }

  /** Whether it waits for a query, outside any transaction. */
  get isIdle(): boolean {
    return this.#relayed.isIdle
  }

  get bytesFromClient(): number {
    return this.#relayed.bytesFromClient
  }

  get bytesFromUpstream(): number {
    return this.#relayed.bytesFromUpstream
  }

  /** Seconds since its connection was accepted. */
  seconds(): number {
    return this.#visit.seconds()
  }

  /** From here on the relay ends it. */
  handTo(ending: Ending, relayed: Relayed): void {
    this.#ending = ending
    this.#relayed = relayed
  }

  /** Ends the session; the first code counts. */
  end(code: SessionEndCode): void {
    if (this.#endCode) return
    this.#endCode = code
    this.#ending?.(code)
  }

  /** Says that nothing of it is left. */
  settle(): void {
    this.#ending = null
    this.#settleClosed()
  }
}

const LOGGING_IN: Relayed = { isIdle: false, bytesFromClient: 0, bytesFromUpstream: 0 }

/** Finds sessions by what they depend on. Holds a session from before its upstream login until it is closed. */
export class Sessions {
  readonly #all = new Set<Session>()
  readonly #byId = new Index()
  readonly #byAccount = new Index()
  readonly #byDatabase = new Index()

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#all.values()
  }

  has(session: Session): boolean {
    return this.#all.has(session)
  }

  add(session: Session): void {
    this.#all.add(session)
    this.#byId.add(session.id, session)
    this.#byAccount.add(session.accountId, session)
    this.#byDatabase.add(session.databaseId, session)
  }

  remove(session: Session): void {
    this.#all.delete(session)
    this.#byId.remove(session.id, session)
    this.#byAccount.remove(session.accountId, session)
    this.#byDatabase.remove(session.databaseId, session)
  }

  /** Ids are random: at most one, as good as always. */
  withId(id: string): readonly Session[] {
    return this.#byId.get(id)
  }

  ofAccount(accountId: string): readonly Session[] {
    return this.#byAccount.get(accountId)
  }

  onDatabase(databaseId: string): readonly Session[] {
    return this.#byDatabase.get(databaseId)
  }
}

class Index {
  readonly #sessions = new Map<string, Set<Session>>()

  add(id: string, session: Session): void {
    const sessions = this.#sessions.get(id)
    if (sessions) sessions.add(session)
    else this.#sessions.set(id, new Set([session]))
  }

  remove(id: string, session: Session): void {
    const sessions = this.#sessions.get(id)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#sessions.delete(id)
  }

  /** A copy: sessions leave while they are walked through. */
  get(id: string): readonly Session[] {
    return [...(this.#sessions.get(id) ?? [])]
  }
}
