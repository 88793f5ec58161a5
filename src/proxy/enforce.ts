// Ends live sessions when what they depend on is taken away. What a change adds holds from the next login.
//
// What a key, an account or an admin stops is ended on the spot, from the change itself. Any other change makes the session's
// account be read anew and decided again, by the same policy that let it in.

import type { AccountRecord } from '../auth/account.js'
import { objection } from '../auth/principal.js'
import type { DatabaseRecord } from '../auth/database.js'
import type { FreshCache } from '../auth/fresh-cache.js'
import { compareRoles, decide } from '../auth/policy.js'
import type { RevocationList } from '../auth/revocation-list.js'
import type { Change } from '../auth/sources.js'
import { storeRefusal, type CredentialReason, type SessionEndCode } from '../errors.js'
import type { ProxyEvents } from './events.js'
import type { Session, Sessions } from './sessions.js'

export interface EnforcerOptions {
  readonly sessions: Sessions
  readonly revocations: RevocationList
  readonly accounts: FreshCache<AccountRecord>
  readonly databases: FreshCache<DatabaseRecord>
  readonly whenStale: 'end-sessions' | 'keep-sessions'
  /** The longest that a session may go on without a decision after a change. */
  readonly maxAgeMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly events: Pick<ProxyEvents, 'propagated' | 'failed'>
}

/** How often expiry and the age of the list are looked at. */
const SWEEP_MS = 500

export class Enforcer {
  readonly #options: EnforcerOptions
  readonly #sweeper: NodeJS.Timeout
  /** Sessions whose new decision could not be had yet. */
  readonly #undecided = new Set<Session>()

  constructor(options: EnforcerOptions) {
    this.#options = options
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  close(): void {
    clearInterval(this.#sweeper)
  }

  /** Acts on changes of the store, in their order: first the caches, so that no new login uses what is old. */
  changed(changes: readonly Change[]): void {
    const { accounts, databases } = this.#options
    for (const { accountName, databaseId, seq } of changes) {
      if (accountName !== null) accounts.invalidate(accountName, seq)
      if (databaseId !== null) databases.invalidate(databaseId, seq)
    }
    for (const change of changes) this.#act(change)
  }

  /** Decides every session again, on new records: changes may have been missed. */
  resync(): void {
    const { accounts, databases, revocations, sessions } = this.#options
    accounts.invalidateAll(revocations.head)
    databases.invalidateAll(revocations.head)
    for (const session of sessions) this.#decideLater(session)
  }

  /** The last look before a session is let in: it is registered, so a change from here on will find it; what came
   * before is looked up here. Ends the session, or returns with it still standing. Rejects with a Refusal when the
   * store has to be asked and does not answer. */
  async confirm(session: Session): Promise<void> {
    const { revocations } = this.#options
    const { keyId, accountId, accountAsOf } = session
    const stop = revocations.stopFor({ keyId, accountId, asOf: accountAsOf })
    if (stop) session.end(END_CODES[stop])
    else if (revocations.isStale()) session.end('session_list_stale')
    else if (revocations.isOvertaken(session)) {
      const code = await this.#decide(session).catch((cause: unknown) => {
        throw storeRefusal(cause)
      })
      if (code) session.end(code)
    }
  }

  /** Ends sessions whose key has expired, and those that can't be checked: all when the list is stale. */
  sweep(): void {
    const { sessions, revocations, whenStale } = this.#options
    const storeNow = revocations.storeNow()
    const isStale = revocations.isStale()
    for (const session of sessions) {
      if (session.expiresAt !== null && session.expiresAt <= storeNow) session.end('session_expired')
      else if (whenStale === 'end-sessions' && (isStale || this.#isOverdue(session))) session.end('session_list_stale')
    }
    for (const session of this.#undecided) {
      if (sessions.has(session)) this.#decideLater(session, { isRetry: true })
      else this.#undecided.delete(session)
    }
  }

  /** Whether a change is waiting for a decision for so long that the list would be stale by now: the store may answer the
   * list's reads and still fail at those of one account or database. */
  #isOverdue({ undecidedSince }: Session): boolean {
    const { maxAgeMs, now } = this.#options
    return undecidedSince !== null && now() - undecidedSince >= maxAgeMs
  }

  #act(change: Change): void {
    const { sessions } = this.#options
    const ofAccount = change.accountId === null ? [] : sessions.ofAccount(change.accountId)
    switch (change.kind) {
      case 'key-revoked':
        for (const session of ofAccount)
          if (session.keyId === change.keyId) this.#end(session, 'session_revoked', change)
        break
      case 'account-disabled':
        for (const session of ofAccount) this.#end(session, 'session_disabled', change)
        break
      case 'account-deleted':
        for (const session of ofAccount) this.#end(session, 'session_deleted', change)
        break
      case 'account-changed':
        for (const session of ofAccount) this.#decideLater(session, { change })
        break
      case 'database-changed':
      case 'database-removed':
        if (change.databaseId === null) break
        for (const session of sessions.onDatabase(change.databaseId)) this.#decideLater(session, { change })
        break
      case 'session-ended':
        if (change.sessionId === null) break
        for (const session of sessions.withId(change.sessionId)) this.#end(session, 'session_ended_by_admin', change)
        break
      case 'login-block-removed':
        // No session depends on it.
        break
    }
  }

  #end(session: Session, code: SessionEndCode, change?: Change): void {
    if (session.endCode) return
    session.end(code)
    if (!change) return
    const { events, revocations } = this.#options
    void session.closed.then(() => events.propagated(Math.max(0, revocations.storeNow() - change.at) / 1000))
  }

  #decideLater(session: Session, { change, isRetry = false }: { change?: Change; isRetry?: boolean } = {}): void {
    this.#undecided.delete(session)
    const since = session.undecidedSince ?? this.#options.now()
    this.#decide(session).then(
      code => {
        session.undecidedSince = null
        if (code) this.#end(session, code, change)
      },
      (error: unknown) => {
        // The sweep tries again, and settles it should that fail for too long.
        session.undecidedSince = since
        if (!session.endCode) this.#undecided.add(session)
        // Told once: with many sessions the outage of a store would fill the log.
        if (!isRetry) this.#options.events.failed('deciding a session again', error)
      },
    )
  }

  /** Decides on current records whether the session may go on: null, or the code to end it with. */
  async #decide(session: Session): Promise<SessionEndCode | null> {
    const { accounts, databases, revocations } = this.#options
    const { asOf, value: account } = await accounts.get(session.account)
    if (!account || account.id !== session.accountId) return 'session_deleted'
    const key = account.keys.find(candidate => candidate.id === session.keyId)
    if (!key) return 'session_revoked'
    const reason = objection({ account, key, asOf }, { revocations, address: session.clientAddress })
    if (reason) return END_CODES[reason]
    session.expiresAt = key.expiresAt

    const reach = decide(account, session.database)
    if (!reach || reach.databaseId !== session.databaseId) return 'session_access_changed'
    if (compareRoles(reach.role, session.role) < 0) return 'session_access_changed'
    const { value: database } = await databases.get(session.databaseId)
    return database?.logins[session.role].user === session.login ? null : 'session_access_changed'
  }
}

const END_CODES = {
  revoked: 'session_revoked',
  expired: 'session_expired',
  disabled: 'session_disabled',
  deleted: 'session_deleted',
  unknown_account: 'session_deleted',
  wrong_token: 'session_revoked',
  malformed_token: 'session_revoked',
  address: 'session_access_changed',
} as const satisfies Record<CredentialReason, SessionEndCode>
