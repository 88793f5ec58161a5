// The networks whose logins are refused, on all instances: each reports its own, so that they can be listed in one place; and
// any instance can ask for the end of a block.

import type { EpochMs, Seq } from '../auth/account.js'
import type { Executor } from './pool.js'
import type { Transaction } from './transaction.js'

/** A block as its instance reports it. */
export interface ReportedBlock {
  /** As in `192.0.2.7/32`. */
  readonly network: string
  readonly badTokens: number
  /** Since it was blocked. */
  readonly ageMs: number
  /** Until it may try again. */
  readonly leftMs: number
}

/** A block as others see it: one for each network, on however many instances. */
export interface LoginBlock {
  readonly network: string
  /** The most that one instance has counted. */
  readonly badTokens: number
  readonly since: EpochMs
  readonly until: EpochMs
  readonly instances: number
}

/** Takes in the networks that an instance blocks now; what it reported before is forgotten. */
export async function reportBlocks(db: Executor, instanceId: string, blocks: readonly ReportedBlock[]): Promise<void> {
  await db.run('report login blocks', REPORT_SQL, [instanceId, JSON.stringify(blocks)])
}

// The rows that stay are updated and not made anew: two statements of one could not both write the same row.
const REPORT_SQL = `
  with reported as (
    select network::cidr, "badTokens" as bad_tokens, now() - "ageMs" * interval '1 millisecond' as since,
      now() + "leftMs" * interval '1 millisecond' as until
    from json_to_recordset($2::json) as (
      network text, "badTokens" integer, "ageMs" double precision, "leftMs" double precision)
  ), gone as (
    delete from postern.login_blocks b where b.instance_id = $1::uuid
      and not exists (select from reported r where r.network = b.network)
  )
  insert into postern.login_blocks (instance_id, network, bad_tokens, since, until)
  select $1::uuid, network, bad_tokens, since, until from reported
  on conflict (instance_id, network) do update
    set bad_tokens = excluded.bad_tokens, since = excluded.since, until = excluded.until`

/** Lists the networks that are blocked now, those for longest first; at most `limit`.
 * @param within a network: only those in it, or that it is in */
export async function listBlocks(
  db: Executor,
  { limit, within = null }: { readonly limit: number; readonly within?: string | null },
): Promise<LoginBlock[]> {
  return db.run<LoginBlock>(
    'list login blocks',
    `select network::text, max(bad_tokens) as "badTokens", postern.epoch_ms(min(since)) as since,
       postern.epoch_ms(max(until)) as until, count(*)::integer as instances
     from postern.login_blocks
     where until > now() and ($2::cidr is null or network && $2::cidr)
     group by network order by min(since), network limit $1`,
    [limit, within],
  )
}

/** Tells all instances to let a network try again, and returns the number of that change: pushed, polled and never missed. */
export async function removeBlock(tx: Transaction, network: string): Promise<Seq> {
  await tx.run('remove a login block', 'delete from postern.login_blocks where network = $1::cidr', [network])
  const [row] = await tx.run<{ seq: string }>(
    'remove a login block',
    "insert into postern.changes (kind, network) values ('login-block-removed', $1::cidr) returning seq",
    [network],
  )
  return Number(row?.seq)
}

/** Forgets what instances that are gone have left, and blocks that are over. */
export async function pruneBlocks(db: Executor): Promise<void> {
  await db.run('prune login blocks', 'delete from postern.login_blocks where until <= now()')
}
