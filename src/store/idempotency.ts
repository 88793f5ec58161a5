// Requests that may come twice: who sends one again with its Idempotency-Key gets the first answer, and nothing is made
// twice. A request claims its key first; its answer is kept in the transaction of the change. So a process that dies in
// between leaves a claim without an answer, which says that nothing was changed, and lapses.

import { redactText } from '../model/redact.js'
import type { Executor } from './pool.js'
import { StoreError } from './store-error.js'
import type { Transaction } from './transaction.js'

export interface RepeatableRequest {
  readonly accountId: string
  /** The Idempotency-Key: 1 to 255 bytes. */
  readonly key: string
  /** Tells this request from others. */
  readonly fingerprint: Buffer
}

/** The right to carry a request out. */
export interface Claim extends RepeatableRequest {
  /** When it was claimed: another time means that somebody else has claimed it since. */
  readonly at: string
}

export interface KeptAnswer {
  readonly status: number
  readonly location: string
  /** null: it had a secret, and is not kept. */
  readonly body: string | null
}

export type ClaimOutcome =
  | { readonly state: 'claimed'; readonly claim: Claim }
  | { readonly state: 'answered'; readonly answer: KeptAnswer }
  /** The same request is being carried out. */
  | { readonly state: 'under-way' }
  /** The key was used with another request. */
  | { readonly state: 'other-request' }

/** Longer than any request takes: after that its process must have died. */
const LEASE = "interval '2 minutes'"
const KEPT = "interval '24 hours'"
/** Rows that one statement deletes at most. */
const PRUNE_BATCH = 5000

/** Claims a request, or tells what became of the one that was sent with this key before. */
export async function claimRequest(db: Executor, request: RepeatableRequest): Promise<ClaimOutcome> {
  const { accountId, fingerprint } = request
  const key = redactText(request.key)
  const [claimed] = await db.run<{ at: string }>('claim a request', CLAIM_SQL, [accountId, key, fingerprint])
  if (claimed) return { state: 'claimed', claim: { accountId, key, fingerprint, at: claimed.at } }
  const [known] = await db.run<KeptRow>('look for an answer', LOOK_SQL, [accountId, key])
  // Released between the two statements.
  if (!known) return { state: 'under-way' }
  if (!known.fingerprint.equals(fingerprint)) return { state: 'other-request' }
  if (known.status === null) return { state: 'under-way' }
  return { state: 'answered', answer: { status: known.status, location: known.location, body: known.body } }
}

/** Keeps the answer of a claimed request, in the transaction of the change that it tells of.
 * @throws StoreError `conflict`: it took so long that somebody else has claimed it, so the change must not be made */
export async function keepAnswer(tx: Transaction, claim: Claim, answer: KeptAnswer): Promise<void> {
  const { status, location, body } = answer
  const values = [claim.accountId, claim.key, claim.at, status, location, body]
  const kept = await tx.run('keep an answer', KEEP_SQL, values)
  if (kept.length === 0) throw new StoreError('conflict', 'keep an answer')
}

/** Gives up a claim, so that the request can be sent again. What has an answer keeps it. */
export async function releaseRequest(db: Executor, { accountId, key, at }: Claim): Promise<void> {
  await db.run('release a request', RELEASE_SQL, [accountId, key, at])
}

/** Deletes what is older than a day, and returns how many. Safe on several instances at once. */
export async function pruneAnswers(db: Executor): Promise<number> {
  let pruned = 0
  for (;;) {
    const rows = await db.run('prune answers', PRUNE_SQL, [PRUNE_BATCH])
    pruned += rows.length
    if (rows.length < PRUNE_BATCH) return pruned
  }
}

interface KeptRow {
  fingerprint: Buffer
  status: number | null
  location: string
  body: string | null
}

const CLAIM_SQL = `
  insert into postern.idempotency_keys as i (account_id, key, fingerprint) values ($1, $2, $3)
  on conflict (account_id, key) do update
    set fingerprint = excluded.fingerprint, created_at = now(), status = null, location = null, body = null
    where i.created_at < now() - case when i.status is null then ${LEASE} else ${KEPT} end
  returning created_at::text as at`
const LOOK_SQL = `
  select fingerprint, status, location, body from postern.idempotency_keys where account_id = $1 and key = $2`
const MINE = 'account_id = $1 and key = $2 and created_at = $3::timestamptz and status is null'
const KEEP_SQL = `
  update postern.idempotency_keys set status = $4, location = $5, body = $6 where ${MINE} returning key`
const RELEASE_SQL = `delete from postern.idempotency_keys where ${MINE}`
const PRUNE_SQL = `
  delete from postern.idempotency_keys where (account_id, key) in (
    select account_id, key from postern.idempotency_keys where created_at < now() - ${KEPT} limit $1)
  returning key`
