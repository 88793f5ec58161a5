// How many logins there were in the last hour, by minute and by true reason: each instance tells its own counts, and they are
// summed when they are read. They outlive the instance, as a rolling upgrade would take them away otherwise.

import type { EpochMs } from '../auth/account.js'
import type { Executor } from './pool.js'

/** The reason of logins that were not refused. */
export const ADMITTED = 'none'

/** The logins of one minute of an instance that had one outcome. */
export interface LoginCount {
  /** The instance's own number of the minute. */
  readonly minute: number
  /** How long ago it began, in milliseconds. */
  readonly ageMs: number
  /** ADMITTED, or the true reason of the refusal. */
  readonly reason: string
  /** All of that minute so far. */
  readonly count: number
}

/** Takes in counts of an instance, each in place of the one that it told before. */
export async function reportLoginCounts(
  db: Executor,
  instanceId: string,
  counts: readonly LoginCount[],
): Promise<void> {
  await db.run(
    'report login counts',
    `insert into postern.login_counts (instance_id, minute, reason, began_at, count)
     select $1, minute, reason, now() - "ageMs" * interval '1 millisecond', count
     from json_to_recordset($2::json) as (minute integer, "ageMs" double precision, reason text, count integer)
     on conflict (instance_id, minute, reason) do update set count = excluded.count`,
    [instanceId, JSON.stringify(counts)],
  )
}

/** The logins of all instances in one minute that had one outcome. */
export interface MinuteCount {
  /** When the minute began, by the store's clock. */
  readonly at: EpochMs
  readonly reason: string
  readonly count: number
}

export interface LoginCounts {
  /** When the oldest minute began that is looked at, and the newest, which is not over. */
  readonly from: EpochMs
  readonly to: EpochMs
  /** What there was; minutes and reasons without any are left out. */
  readonly counts: readonly MinuteCount[]
}

export const MINUTES = 60

/** Sums the last 60 minutes. An instance's minute counts for the minute of the store that it began in. */
export async function readLoginCounts(db: Executor): Promise<LoginCounts> {
  const rows = await db.run<Omit<MinuteCount, 'reason'> & { reason: string | null; to: EpochMs }>(
    'read login counts',
    `select postern.epoch_ms(m.now) as to, postern.epoch_ms(date_trunc('minute', c.began_at)) as at, c.reason,
       sum(c.count)::integer as count
     from (select date_trunc('minute', now()) as now) m
       left join postern.login_counts c on c.began_at >= m.now - $1 * interval '1 minute'
     group by 1, 2, 3 order by 2, 3`,
    [MINUTES - 1],
  )
  // One row at least: the time is there even when nothing was counted.
  const to = rows[0]?.to ?? 0
  const counts = rows.flatMap(({ at, reason, count }) => (reason === null ? [] : [{ at, reason, count }]))
  return { from: to - (MINUTES - 1) * 60_000, to, counts }
}

/** Forgets what is older than what is read. */
export async function pruneLoginCounts(db: Executor): Promise<void> {
  await db.run(
    'prune login counts',
    "delete from postern.login_counts where began_at < now() - $1 * interval '1 minute'",
    [MINUTES + 1],
  )
}
