// Watches what keeps changes from being pushed at once: the queue of notifications of the store's server, which any session on
// that server can fill, and announcements that fail. Neither fails a change: every instance polls as well.

import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import type { AnnouncementListener } from '../store/announcer.js'
import { notificationQueueUsage } from '../store/notification-queue.js'
import type { Executor } from '../store/pool.js'
import { Periodic } from './periodic.js'

const LOOK_MS = 10_000
/** From here on the triggers of the store skip NOTIFY: store/migrations/0013_announce.sql. */
const ALARM_USAGE = 0.5

/** Shows the queue's usage as a metric, and logs when it becomes high and when it no longer is, until the function that it
 * returns is called. */
export function watchNotificationQueue(
  metrics: Pick<Metrics, 'storeNotificationQueueUsage'>,
  store: Executor,
  log: Logger,
): () => Promise<void> {
  let usage = NaN
  let isFilling = false
  metrics.storeNotificationQueueUsage.readFrom(() => usage)
  const watch = new Periodic({
    everyMs: LOOK_MS,
    work: async () => {
      // A store that does not answer is reported by others.
      usage = await notificationQueueUsage(store).catch(() => NaN)
      if (!Number.isNaN(usage)) isFilling = usage >= ALARM_USAGE
      if (isFilling) throw new QueueFillingError()
    },
    lastWork: async () => undefined,
    failing: () => log.warn({ usage }, `the queue of notifications of the store's server is filling up: ${ADVICE}`),
    recovered: () => log.info({ usage }, "the queue of notifications of the store's server has room again"),
  })
  watch.start()
  return () => watch.close()
}

const ADVICE =
  'when it is full, changes are polled and not pushed; a session that listens in an open transaction keeps it: look in ' +
  "pg_stat_activity for the oldest xact_start with state 'idle in transaction'"

class QueueFillingError extends Error {}

/** Logs when announcements begin to fail, and when they succeed again. */
export function logAnnouncements(log: Logger): AnnouncementListener {
  let isFailing = false
  return error => {
    if (error && !isFailing) {
      log.warn({ err: error }, 'a change was made but could not be announced: instances find it at their next poll')
    }
    if (!error && isFailing) log.info('changes are announced again')
    isFailing = error !== null
  }
}
