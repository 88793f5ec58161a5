// What an instance writes to the store in the background: itself and its live sessions, the networks that it blocks, the use
// of keys, and logins for the audit log. No login waits for any of it, and a store that is away costs a line in the log when it goes and one when it
// is back.

import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import type { ReportLabels } from '../ops/labels.js'
import type { FailedLogins } from '../auth/failed-logins.js'
import type { Sessions } from '../proxy/sessions.js'
import type { Settings } from '../settings.js'
import { BlockReporter } from './block-reporter.js'
import { InstanceReporter } from './instance-reporter.js'
import { KeyUseRecorder } from './key-use-recorder.js'
import type { Knowledge } from './knowledge.js'
import { LoginAudit } from './login-audit.js'
import { LoginCounter } from './login-counts.js'
import { Periodic } from './periodic.js'
import { reportAges } from './report-ages.js'
import { version } from './version.js'

export interface Bookkeeping {
  readonly keyUses: KeyUseRecorder
  readonly logins: LoginAudit
  readonly loginCounts: LoginCounter
  /** Begins to write.
   * @param plane null: no proxy runs here */
  start(plane: { readonly sessions: Sessions; readonly failedLogins: FailedLogins } | null): void
  /** Reports this instance before it is due: a change is in force here. */
  reportSoon(): void
  /** Reports blocked networks before it is due: there is one more. */
  reportBlocksSoon(): void
  /** Writes what waits, and takes this instance off the list. Never rejects. */
  close(): Promise<void>
}

type Job = Pick<ConstructorParameters<typeof Periodic>[0], 'work' | 'lastWork'>

/** Makes the books; nothing is written yet. */
export function createBookkeeping(
  settings: Settings,
  { store, revocations, push, now }: Knowledge,
  metrics: Metrics,
  log: Logger,
): Bookkeeping {
  const keyUses = new KeyUseRecorder(store, now)
  let isDropping = false
  const logins = new LoginAudit({
    store,
    get logins() {
      return settings.audit.logins
    },
    now,
    dropped: () => {
      metrics.auditEventsDropped.inc()
      if (!isDropping) log.error('the audit log can not be written fast enough: logins are missing in it')
      isDropping = true
    },
  })
  const loginCounts = new LoginCounter(now)
  let instance: Periodic | undefined
  let blocks: Periodic | undefined
  const jobs: Periodic[] = []
  return {
    keyUses,
    logins,
    loginCounts,
    start(plane) {
      const { goneAfterMs } = reportAges(settings)
      const reporter = new InstanceReporter({
        store,
        version,
        sessions: plane?.sessions ?? null,
        logins: loginCounts,
        revocations,
        push,
        goneAfterMs,
        now,
      })
      instance = begin('instance', { work: () => reporter.report(), lastWork: () => reporter.remove() })
      if (plane) {
        const { failedLogins } = plane
        const blocked = new BlockReporter({ store, instanceId: reporter.id, failedLogins })
        blocks = begin('login_blocks', { work: () => blocked.report(), lastWork: () => blocked.remove() })
      }
      begin('key_uses', { work: () => keyUses.flush() })
      begin('logins', {
        work: async () => {
          await logins.flush()
          isDropping = false
        },
        lastWork: () => logins.flush({ isLast: true }),
      })
    },
    reportSoon: () => instance?.soon(),
    reportBlocksSoon: () => blocks?.soon(),
    close: async () => void (await Promise.all(jobs.map(job => job.close()))),
  }

  function begin(report: ReportLabels['report'], { work, lastWork = work }: Job): Periodic {
    const counted = (attempt: () => Promise<void>) => async () => {
      try {
        await attempt()
        metrics.reports.inc({ report, outcome: 'ok' })
      } catch (error) {
        metrics.reports.inc({ report, outcome: 'failed' })
        throw error
      }
    }
    const job = new Periodic({
      everyMs: settings.sessions.reportMs,
      work: counted(work),
      lastWork: counted(lastWork),
      failing: error => log.warn({ err: error, report }, 'a report could not be written to the store'),
      recovered: () => log.info({ report }, 'reports are written to the store again'),
    })
    jobs.push(job)
    job.start()
    return job
  }
}
