// Tells the audit log of the use of keys at the proxy: refused logins, and sessions opened and closed if that is wished.
// Off the login path: events wait in a queue with a bound, and are appended in batches.

import { Refusal } from '../errors.js'
import type { CloseReason } from '../proxy/events.js'
import type { RelayEnd } from '../proxy/relay.js'
import type { Session } from '../proxy/sessions.js'
import type { Visit } from '../proxy/visit.js'
import { appendAuditEvents, type NewAuditEvent } from '../store/audit.js'
import type { Executor } from '../store/pool.js'
import { StoreError } from '../store/store-error.js'
import { RefusalFold } from './refusal-fold.js'

export interface LoginAuditOptions {
  readonly store: Executor
  /** What is told: nothing, refusals, or sessions opened and closed too. */
  readonly logins: 'none' | 'refused' | 'all'
  /** Hears of every event that is lost: the queue is full, or the store does not take it. */
  readonly dropped: () => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Events that may wait. */
const MAX_WAITING = 10_000
/** Events of one statement: it holds the lock of all writers. */
const BATCH = 200

export class LoginAudit {
  readonly #options: LoginAuditOptions
  readonly #fold: RefusalFold
  #waiting: NewAuditEvent[] = []

  constructor(options: LoginAuditOptions) {
    this.#options = options
    this.#fold = new RefusalFold(options.now)
  }

  opened(session: Session): void {
    if (this.#options.logins !== 'all') return
    const { role, login, application } = session
    this.#push({ ...ofSession(session), action: 'session.open', after: { role, login, application } })
  }

  closed(session: Session, reason: CloseReason, { bytesFromClient, bytesFromUpstream }: RelayEnd): void {
    if (this.#options.logins !== 'all') return
    const after = {
      seconds: Math.round(session.seconds()),
      bytes_from_client: bytesFromClient,
      bytes_from_database: bytesFromUpstream,
    }
    this.#push({ ...ofSession(session), action: 'session.close', reason, after })
  }

  refused(refusal: Refusal, visit: Visit): void {
    if (this.#options.logins === 'none' || isNoise(refusal, visit)) return
    const event = this.#fold.add(ofRefusal(refusal, visit))
    if (event) this.#push(event)
  }

  /** Appends what waits. To be called by one at a time. Rejects with StoreError while the store is away: events wait on.
   * `isLast`: nothing will come after this. */
  async flush({ isLast = false } = {}): Promise<void> {
    for (const event of this.#fold.settle({ atOnce: isLast })) this.#push(event)
    for (let left = this.#waiting.length; left > 0; left -= BATCH) await this.#append(this.#waiting.slice(0, BATCH))
  }

  async #append(batch: readonly NewAuditEvent[]): Promise<void> {
    const { store, dropped } = this.#options
    try {
      await appendAuditEvents(store, batch)
    } catch (error) {
      if (!(error instanceof StoreError) || isPassing(error)) throw error
      // What the store will never take must not hold up what comes after it.
      for (const _ of batch) dropped()
      this.#waiting = this.#waiting.slice(batch.length)
      throw error
    }
    this.#waiting = this.#waiting.slice(batch.length)
  }

  #push(event: NewAuditEvent): void {
    if (this.#waiting.length >= MAX_WAITING) this.#options.dropped()
    else this.#waiting.push(event)
  }
}

function isPassing({ code }: StoreError): boolean {
  return code === 'unavailable' || code === 'timeout' || code === 'conflict'
}

/** Health checks and port scans never ask for a login. */
function isNoise({ code }: Refusal, { isLogin }: Visit): boolean {
  return !isLogin && code === 'protocol_violation'
}

function ofSession({ id, account, accountId, keyId, database, clientAddress }: Session) {
  return {
    actor: { id: accountId, name: account },
    actorKey: keyId,
    via: 'proxy',
    target: database,
    outcome: 'done',
    reference: id,
    address: clientAddress,
  } as const
}

/** Who has proved to be an account is the actor, and the database the target; who has only claimed to be one is nobody,
 * and the account the target. A claimed name that is no account is never kept: people paste tokens into the user field. */
function ofRefusal({ reason }: Refusal, visit: Visit): NewAuditEvent {
  const { account, accountId, keyId, database, reference, clientAddress } = visit
  const isProved = account !== null && accountId !== null
  return {
    actor: isProved ? { id: accountId, name: account } : null,
    actorKey: keyId,
    via: 'proxy',
    action: 'session.open',
    target: isProved ? (database ?? '') : account,
    outcome: 'refused',
    reason,
    reference,
    address: clientAddress,
  }
}
