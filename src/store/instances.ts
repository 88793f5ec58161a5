// The instances that run, as each of them last reported: what an admin looks at to see where a change is in force.

import type { EpochMs, Seq } from '../auth/account.js'
import { redactText } from '../model/redact.js'
import type { Executor } from './pool.js'

/** What an instance tells of itself. */
export interface InstanceReport {
  readonly id: string
  readonly host: string
  readonly version: string
  /** Whether sessions can live there. */
  readonly runsProxy: boolean
  /** How long ago it started, in milliseconds. */
  readonly upMs: number
  /** The newest change that it acts on. */
  readonly listSeq: Seq
  /** Age of its revocation list; null: it was never loaded. */
  readonly listAgeMs: number | null
  /** Whether it hears of changes as they are committed. */
  readonly isPushUp: boolean
}

/** An instance as others see it. */
export interface SeenInstance {
  readonly id: string
  readonly host: string
  readonly version: string
  readonly runsProxy: boolean
  readonly startedAt: EpochMs
  readonly seenAt: EpochMs
  /** Since it was last heard of, by the store's clock. */
  readonly silentMs: number
  readonly listSeq: Seq
  /** Age of its list now, as far as is known: it may have read it again since it reported. */
  readonly listAgeMs: number | null
  /** Whether it heard of changes as they are committed; null: its version does not tell. */
  readonly isPushUp: boolean | null
}

export interface Instances {
  readonly items: readonly SeenInstance[]
  /** The newest change of the store, of the same snapshot. */
  readonly head: Seq
}

/** Takes in what an instance tells of itself. */
export async function reportInstance(db: Executor, report: InstanceReport): Promise<void> {
  const { id, host, version, runsProxy, upMs, listSeq, listAgeMs, isPushUp } = report
  await db.run(
    'report an instance',
    `insert into postern.instances (id, host, version, runs_proxy, started_at, seen_at, list_seq, list_age_ms, push_up)
     values ($1, $2, $3, $4, now() - $5::double precision * interval '1 millisecond', now(), $6, $7, $8)
     on conflict (id) do update
       set seen_at = excluded.seen_at, list_seq = excluded.list_seq, list_age_ms = excluded.list_age_ms,
         push_up = excluded.push_up`,
    [id, redactText(host), version, runsProxy, upMs, listSeq, listAgeMs, isPushUp],
  )
}

/** Takes an instance that stops off the list, and its sessions with it. */
export async function removeInstance(db: Executor, id: string): Promise<void> {
  await db.run(
    'remove an instance',
    `with sessions as (delete from postern.live_sessions where instance_id = $1)
     delete from postern.instances where id = $1`,
    [id],
  )
}

/** Lists the instances heard of within `withinMs`, by host. They are few, so there are no pages. */
export async function listInstances(db: Executor, withinMs: number): Promise<Instances> {
  const rows = await db.run<InstanceRow>(
    'list instances',
    `select h.head, i.id, i.host, i.version, i.runs_proxy as "runsProxy", postern.epoch_ms(i.started_at) as "startedAt",
       postern.epoch_ms(i.seen_at) as "seenAt", i.silent_ms as "silentMs", i.list_seq as "listSeq",
       i.list_age_ms + i.silent_ms as "listAgeMs", i.push_up as "isPushUp"
     from (select postern.change_head() as head) h left join (
       select *, greatest(0, postern.epoch_ms(now()) - postern.epoch_ms(seen_at)) as silent_ms from postern.instances
     ) i on i.silent_ms <= $1
     order by i.host, i.started_at, i.id`,
    [withinMs],
  )
  // One row at least: the head is there even when no instance is.
  const items = rows.flatMap(({ head: _head, ...row }) =>
    row.id === null ? [] : [{ ...row, id: row.id, listSeq: Number(row.listSeq) }],
  )
  return { items, head: Number(rows[0]?.head) }
}

// The driver gives bigint as text.
type InstanceRow = Omit<SeenInstance, 'id' | 'listSeq'> & {
  readonly head: string
  readonly id: string | null
  readonly listSeq: string
}

/** Forgets instances that were not heard of for so long, and the sessions that they left: they were killed, or died. */
export async function pruneInstances(db: Executor, afterMs: number): Promise<void> {
  await db.run(
    'prune instances',
    `with gone as (
       delete from postern.instances where seen_at < now() - $1::double precision * interval '1 millisecond' returning id
     )
     delete from postern.live_sessions s
     where s.instance_id in (select id from gone)
       or not exists (select from postern.instances i where i.id = s.instance_id)`,
    [afterMs],
  )
}
