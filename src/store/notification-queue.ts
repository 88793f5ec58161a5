// The queue of notifications of the store's server, which all its databases share. PostgreSQL manual, "NOTIFY".

import type { Executor } from './pool.js'

/** Returns the share of the queue that is in use, between 0 and 1. At 1, NOTIFY fails. */
export async function notificationQueueUsage(db: Executor): Promise<number> {
  const [row] = await db.run<{ usage: number }>('read the queue of notifications', USAGE_SQL)
  return row?.usage ?? 0
}

const USAGE_SQL = 'select pg_notification_queue_usage() as usage'
