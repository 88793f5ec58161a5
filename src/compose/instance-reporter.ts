// Tells the store of this instance and of its live sessions, so that they can be listed from any other. What has not changed
// is not written again, so idle sessions cost nothing.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { RevocationList } from '../auth/revocation-list.js'
import type { Session } from '../proxy/sessions.js'
import { pruneInstances, removeInstance, reportInstance } from '../store/instances.js'
import { forgetSessions, reportSessions, type ReportedSession } from '../store/live-sessions.js'
import { pruneLoginCounts, reportLoginCounts } from '../store/login-counts.js'
import type { Executor } from '../store/pool.js'
import type { LoginCounter } from './login-counts.js'

export interface InstanceReporterOptions {
  readonly store: Executor
  readonly version: string
  /** null: no proxy runs here. */
  readonly sessions: Iterable<Session> | null
  readonly logins: LoginCounter
  readonly revocations: Pick<RevocationList, 'head' | 'ageMs'>
  readonly push: { readonly isUp: boolean }
  /** Instances that were not heard of for so long are forgotten. */
  readonly goneAfterMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Sessions of one statement at most. */
const BATCH = 2_000
/** Reports between two looks for instances that are gone. */
const PRUNE_EVERY = 12

export class InstanceReporter {
  readonly id = randomUUID()
  readonly #options: InstanceReporterOptions
  readonly #startedAt: number
  /** What the store has been told of each session. */
  readonly #told = new Map<string, string>()
  #reports = 0

  constructor(options: InstanceReporterOptions) {
    this.#options = options
    this.#startedAt = options.now()
  }

  /** Writes one report. To be called by one at a time. Rejects with StoreError. */
  async report(): Promise<void> {
    const { store, version, sessions, revocations, push, goneAfterMs, now } = this.#options
    const listAgeMs = revocations.ageMs()
    await reportInstance(store, {
      id: this.id,
      host: hostname(),
      version,
      runsProxy: sessions !== null,
      upMs: now() - this.#startedAt,
      listSeq: revocations.head,
      listAgeMs: Number.isFinite(listAgeMs) ? listAgeMs : null,
      isPushUp: push.isUp,
    })
    if (sessions) await this.#reportSessions(sessions)
    await this.#reportLogins()
    if (this.#reports++ % PRUNE_EVERY !== 0) return
    await pruneInstances(store, goneAfterMs)
    await pruneLoginCounts(store)
  }

  /** Takes this instance and its sessions off the lists, and tells of its last logins. Rejects with StoreError. */
  async remove(): Promise<void> {
    await removeInstance(this.#options.store, this.id)
    await this.#reportLogins()
  }

  #reportLogins(): Promise<void> {
    const { store, logins } = this.#options
    return logins.flush(counts => reportLoginCounts(store, this.id, counts))
  }

  async #reportSessions(sessions: Iterable<Session>): Promise<void> {
    if (await this.#tellNews(sessions)) return
    // The store lost some, as the table does not outlive a crash, or it has some of a report that seemed to fail.
    await forgetSessions(this.#options.store, this.id)
    this.#told.clear()
    await this.#tellNews(sessions)
  }

  /** Tells what changed since the last report; whether the store had kept what it was told before. */
  async #tellNews(sessions: Iterable<Session>): Promise<boolean> {
    const live = new Map([...sessions].map(session => [session.id, session]))
    const gone = [...this.#told.keys()].filter(id => !live.has(id))
    const changed = [...live.values()].filter(session => this.#told.get(session.id) !== digest(session))
    // At least one statement, to see what the store has.
    for (let at = 0; at === 0 || at < Math.max(changed.length, gone.length); at += BATCH) {
      if (!(await this.#tell(changed.slice(at, at + BATCH), gone.slice(at, at + BATCH)))) return false
    }
    return true
  }

  async #tell(changed: readonly Session[], gone: readonly string[]): Promise<boolean> {
    const digests = changed.map(session => [session.id, digest(session)] as const)
    const expected = this.#told.size
    const stored = await reportSessions(this.#options.store, this.id, { changed: changed.map(toReport), gone })
    for (const id of gone) this.#told.delete(id)
    for (const [id, text] of digests) this.#told.set(id, text)
    return stored === expected
  }
}

/** What of a session changes. */
function digest({ isIdle, bytesFromClient, bytesFromUpstream }: Session): string {
  return `${isIdle} ${bytesFromClient} ${bytesFromUpstream}`
}

function toReport(session: Session): ReportedSession {
  const { id, accountId, account, keyId, databaseId, database, role, login, application } = session
  return {
    id,
    accountId,
    account,
    keyId,
    databaseId,
    database,
    role,
    login,
    address: session.clientAddress,
    application,
    ageMs: session.seconds() * 1000,
    state: session.isIdle ? 'idle' : 'busy',
    bytesFromClient: session.bytesFromClient,
    bytesFromUpstream: session.bytesFromUpstream,
  }
}
