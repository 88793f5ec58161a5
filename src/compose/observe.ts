// Turns what the proxy tells of itself into metrics and log lines: one line for each session's opening and closing and
// for each refusal, with the true reason and the reference that the client was given.

import { Refusal } from '../errors.js'
import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import type { ProxyEvents } from '../proxy/events.js'
import type { Session } from '../proxy/sessions.js'
import type { Visit } from '../proxy/visit.js'

export function observeProxy(metrics: Metrics, log: Logger): ProxyEvents {
  const finishLogin = (visit: Visit) => {
    metrics.loginsInFlight.dec()
    for (const [phase, seconds] of entries(visit.phases)) metrics.loginPhaseDuration.observe({ phase }, seconds)
  }
  return {
    accepted: () => metrics.connectionsAccepted.inc(),
    loginStarted: () => metrics.loginsInFlight.inc(),
    opened(session, visit) {
      finishLogin(visit)
      metrics.logins.inc({ outcome: 'admitted', reason: 'none' })
      metrics.loginDuration.observe(visit.seconds())
      metrics.sessionsOpened.inc()
      metrics.sessionsActive.inc({ database: session.database, role: session.role })
      log.info({ ...ofSession(session), login_ms: toMs(visit.seconds()), phases_ms: phasesMs(visit) }, 'session opened')
    },
    closed(session, reason, end) {
      metrics.sessionsActive.dec({ database: session.database, role: session.role })
      metrics.sessionsClosed.inc({ reason })
      const { bytesFromClient, bytesFromUpstream, error } = end
      const fields = { reason, bytes_from_client: bytesFromClient, bytes_from_upstream: bytesFromUpstream }
      log.info({ ...ofSession(session), ...fields, ...(error && { err: error }) }, 'session closed')
    },
    refused(refusal, visit) {
      if (visit.isLogin) finishLogin(visit)
      metrics.logins.inc({ outcome: 'refused', reason: refusal.reason })
      if (refusal.code === 'login_timeout') metrics.loginTimeouts.inc({ phase: visit.phase })
      const fields = { code: refusal.code, reason: refusal.reason, sqlstate: refusal.rule.sqlstate }
      const line = { ...ofVisit(visit), ...fields, phases_ms: phasesMs(visit), ...causeOf(refusal) }
      if (refusal.code === 'internal_error') log.error(line, 'login refused')
      else log.info(line, 'login refused')
    },
    abandoned(visit) {
      if (visit.isLogin) finishLogin(visit)
      metrics.loginsAbandoned.inc({ phase: visit.phase })
      const line = { ...ofVisit(visit), phase: visit.phase, phases_ms: phasesMs(visit) }
      if (visit.isLogin) log.info(line, 'login abandoned by the client')
      // A load balancer that looks whether the port answers does so every second.
      else log.debug(line, 'connection abandoned by the client before its login')
    },
    upstreamConnected: (database, seconds) => metrics.upstreamConnectDuration.observe({ database }, seconds),
    upstreamFailed: (database, kind) => metrics.upstreamErrors.inc({ database, kind }),
    canceled: outcome => metrics.cancelRequests.inc({ outcome }),
    propagated: seconds => metrics.revocationPropagation.observe(seconds),
    failed: (what, error) => log.error({ err: error }, `${what} failed`),
  }
}

function ofSession(session: Session) {
  const { id, account, keyId, database, role, login, clientAddress } = session
  return { session: id, client: clientAddress, account, key: keyId, database, role, login }
}

function ofVisit({ reference, clientAddress, account, keyId, database }: Visit) {
  return { session: reference, client: clientAddress, account, key: keyId, database }
}

function causeOf(refusal: Refusal) {
  return refusal.cause === undefined ? {} : { err: refusal.cause }
}

function phasesMs({ phases }: Visit): Record<string, number> {
  return Object.fromEntries(entries(phases).map(([phase, seconds]) => [phase, toMs(seconds)]))
}

function entries<K extends string>(record: Partial<Record<K, number>>): [K, number][] {
  return Object.entries(record) as [K, number][]
}

function toMs(seconds: number): number {
  return Math.round(seconds * 100_000) / 100
}
