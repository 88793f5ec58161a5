// Tells the audit log of every change, in the transaction that makes it, and of every attempt at one that was refused.

import type { FastifyRequest } from 'fastify'
import { parseToken } from '../auth/token.js'
import { Refusal } from '../errors.js'
import { keyIdOf } from '../model/redact.js'
import { appendAuditEvents, type NewAuditEvent } from '../store/audit.js'
import { findKeyOwner } from '../store/keys.js'
import type { Executor, Store } from '../store/pool.js'
import { lockChanges, withTransaction, type Transaction } from '../store/transaction.js'
import type { AuditAction } from './audit-actions.js'
import { readToken } from './authorize.js'
import { Problem } from './problem.js'
import { PROBLEMS } from './problems.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does, for the audit log. Needed on every route that is no GET. */
    audit?: AuditAction
  }
}

/** What was changed. */
export interface Change {
  /** Two names at most, each without blanks: the log is searched by them. Of a key, its account and its id. */
  readonly target: string
  /** Left out: what the route does. */
  readonly action?: AuditAction
  /** What it was, and what it is now; no secrets. Left out: nothing is told of it. */
  readonly before?: object | null
  readonly after?: object | null
}

/** Notes a change: at least one in every call of `change`. */
export type Note = (change: Change) => void

/** Makes a change as the request's caller: what `work` does and what it notes are committed together, or not at all.
 * Rejects with what `work` rejects with, or StoreError. */
export function change<T>(
  store: Store,
  request: FastifyRequest,
  work: (tx: Transaction, note: Note) => Promise<T>,
): Promise<T> {
  return withTransaction(store, async tx => {
    // The audit log takes it in the end; before any row lock, so that there is one order for all.
    await lockChanges(tx)
    const changes: Change[] = []
    const result = await work(tx, noted => void changes.push(noted))
    if (changes.length === 0) throw new TypeError(`${request.routeOptions.url} changed something and noted nothing`)
    await appendAuditEvents(
      tx,
      changes.map(noted => ({ ...origin(request), ...noted, outcome: 'done' as const })),
    )
    return result
  })
}

/** Tells of an attempt that was refused, when the route is one that changes things and it is known who tried. */
export async function recordRefusal(
  db: Executor,
  request: FastifyRequest,
  problem: Problem,
  reference: string,
): Promise<void> {
  if (!isRecorded(request, problem)) return
  const refused = {
    target: await targetOf(db, request),
    outcome: 'refused',
    reason: problem.trueReason ?? problem.code,
    reference,
  } as const
  await appendAuditEvents(db, [{ ...origin(request), ...refused }])
}

// A flood of nobody's requests must not fill the store: who is not known leaves a line in the log of requests only. Refused
// logins to the console are told of, for their number is limited.
function isRecorded(request: FastifyRequest, problem: Problem): boolean {
  const { status } = PROBLEMS[problem.code]
  if (!request.routeOptions?.config?.audit || status >= 500 || status === 429) return false
  return request.caller !== undefined || problem.trueReason !== null || isStoppedKey(problem)
}

/** The secret was right, but the key or its account has been stopped, or it was shown from where the account may not come:
 * somebody holds a token that they should not. */
function isStoppedKey({ cause }: Problem): boolean {
  return cause instanceof Refusal && ['revoked', 'expired', 'disabled', 'deleted', 'address'].includes(cause.reason)
}

function origin(request: FastifyRequest): Pick<NewAuditEvent, 'actor' | 'actorKey' | 'via' | 'action' | 'address'> {
  const caller = request.caller as FastifyRequest['caller'] | undefined
  const action = request.routeOptions.config.audit ?? 'unknown'
  if (caller) {
    const { account, keyId, via } = caller
    return { actor: { id: account.id, name: account.name }, actorKey: keyId, via, action, address: request.ip }
  }
  const token = readToken(request.headers.authorization)
  const via = action === 'login' || action === 'invitation.accept' ? 'console' : 'key'
  return { actor: null, actorKey: parseToken(token ?? '')?.keyId ?? null, via, action, address: request.ip }
}

/** What a refused request meant, named as in what is done: a key behind its account. A token that was taken for a name
 * stands for its key, and is shown too, which the log does without its secret. */
async function targetOf(db: Executor, request: FastifyRequest): Promise<string | null> {
  const names = namesIn(request)
  const isOfKey = request.routeOptions.url?.startsWith('/v1/keys/:id') === true
  const keyId = names.map(keyIdOf).find(id => id !== null) ?? (isOfKey ? names[0] : undefined)
  if (keyId === undefined) return names.length === 0 ? null : names.join(' ')
  const owner = await findKeyOwner(db, keyId)
  return [...new Set([...(owner === null ? [] : [owner]), keyId, ...names])].join(' ')
}

/** The names in its address, or where it has none, in its body. */
function namesIn({ params, body }: FastifyRequest): string[] {
  const inPath = Object.values((params ?? {}) as Record<string, unknown>)
  const { name, email } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  return (inPath.length > 0 ? inPath : [name, email]).filter(part => typeof part === 'string')
}
