// Every metric of Postern, by its exact name, with the labels it may carry. A scrape costs as much as there are series,
// however many sessions are open: nothing here is kept per session.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RefusalReason } from '../errors.js'
import { Reading, Tally } from './instruments.js'
import type { Counts, Level, Times, Value } from './instruments.js'
import type {
  ApiRequest,
  CacheResult,
  CancelOutcome,
  CloseReason,
  LoginPhase,
  RefreshOutcome,
  ReportLabels,
  SessionLabels,
  UpstreamFailure,
} from './labels.js'

/** Seconds. From a cached login on loopback to the deadline of a login. */
const LOGIN_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]
/** Seconds. 300 is the promise, so it has to be a bucket's edge. */
const PROPAGATION_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300]
/** Seconds. One argon2id check takes tens of milliseconds; the rest is waiting for a core. */
const ARGON2_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export class Metrics {
  readonly #registry = new Registry()

  readonly connectionsAccepted: Counts = this.#counter('connections_accepted_total', 'TCP connections accepted.')
  readonly sessionsActive: Level<SessionLabels> = this.#gauge(
    'sessions_active',
    'Sessions that are being relayed now.',
    ['database', 'role'],
  )
  readonly sessionsOpened: Counts = this.#counter('sessions_opened_total', 'Sessions whose login succeeded.')
  readonly sessionsClosed: Counts<{ reason: CloseReason }> = this.#counter(
    'sessions_closed_total',
    'Sessions that ended, by what ended them.',
    ['reason'],
  )
  readonly logins: Counts<{ outcome: 'admitted'; reason: 'none' } | { outcome: 'refused'; reason: RefusalReason }> =
    this.#counter('logins_total', 'Logins that were answered, with the true reason of a refusal.', [
      'outcome',
      'reason',
    ])
  readonly loginsInFlight: Level = this.#gauge('logins_in_flight', 'Connections that have not finished their login.')
  readonly loginsAbandoned: Counts<{ phase: LoginPhase | 'startup' }> = this.#counter(
    'logins_abandoned_total',
    'Connections that the client left before its login was decided, by phase: startup and tls are health checks mostly.',
    ['phase'],
  )
  readonly loginTimeouts: Counts<{ phase: LoginPhase | 'startup' }> = this.#counter(
    'login_timeouts_total',
    'Logins that passed a deadline, by the phase they were in.',
    ['phase'],
  )
  readonly descriptorShortages: Counts = this.#counter(
    'descriptor_shortages_total',
    'Looks, one a second, that found no file descriptor left: new connections are cut then.',
  )
  readonly loginBlocks = this.#reading(
    'login_blocks',
    'Networks whose logins are refused, as they showed too many bad tokens.',
  )
  readonly loginDuration: Times = this.#histogram(
    'login_duration_seconds',
    'From accept to the end of a login that succeeded.',
    LOGIN_SECONDS,
  )
  readonly loginPhaseDuration: Times<{ phase: LoginPhase }> = this.#histogram(
    'login_phase_duration_seconds',
    'One phase of a login.',
    LOGIN_SECONDS,
    ['phase'],
  )
  readonly upstreamConnectDuration: Times<{ database: string }> = this.#histogram(
    'upstream_connect_duration_seconds',
    'From the first packet to ReadyForQuery of the upstream server.',
    LOGIN_SECONDS,
    ['database'],
  )
  readonly upstreamErrors: Counts<{ database: string; kind: UpstreamFailure }> = this.#counter(
    'upstream_errors_total',
    'Logins at an upstream server that failed.',
    ['database', 'kind'],
  )
  readonly cancelRequests: Counts<{ outcome: CancelOutcome }> = this.#counter(
    'cancel_requests_total',
    'CancelRequests of clients, by what became of them.',
    ['outcome'],
  )
  /** Seconds; Infinity while no list was ever loaded. */
  readonly revocationListAge = this.#reading('revocation_list_age_seconds', 'Age of the cached revocation list.')
  readonly revocationListEntries = this.#reading('revocation_list_entries', 'Entries of the cached revocation list.')
  readonly revocationPushUp = this.#reading(
    'revocation_push_up',
    'Whether changes are heard of as they are committed: 1, or 0 while the instance has to ask for them.',
  )
  /** Seconds; Infinity before the first. */
  readonly revocationPushHeardAge = this.#reading(
    'revocation_push_heard_age_seconds',
    'Since a heartbeat was heard on the push channel.',
  )
  /** Between 0 and 1; NaN while the store does not answer. */
  readonly storeNotificationQueueUsage = this.#reading(
    'store_notification_queue_usage',
    "Share of the queue of notifications of the store's server that is in use. At 1, changes are polled and not pushed.",
  )
  readonly revocationRefreshes: Counts<{ outcome: RefreshOutcome }> = this.#counter(
    'revocation_refreshes_total',
    'Refreshes of the revocation list.',
    ['outcome'],
  )
  readonly revocationPropagation: Times = this.#histogram(
    'revocation_propagation_seconds',
    'From the commit of a change to the end of a session that depended on it.',
    PROPAGATION_SECONDS,
  )
  readonly credentialCacheRequests: Counts<{ result: CacheResult }> = this.#counter(
    'credential_cache_requests_total',
    'Look-ups in the cache of verified tokens.',
    ['result'],
  )
  readonly argon2Duration: Times = this.#histogram(
    'argon2_duration_seconds',
    'One argon2id check of a token, without its wait in the queue.',
    ARGON2_SECONDS,
  )
  readonly argon2QueueDepth = this.#reading('argon2_queue_depth', 'Tokens that wait for an argon2id check.')
  /** Seconds since the Unix epoch. */
  readonly certificateNotAfter: Value<{ place: string }> = this.#gauge(
    'tls_certificate_not_after_timestamp_seconds',
    'When a certificate in use expires, by who shows it: listener-0, api.',
    ['place'],
  )
  readonly apiRequestDuration: Times<ApiRequest> = this.#histogram(
    'api_request_duration_seconds',
    'One request of the REST API.',
    LOGIN_SECONDS,
    ['route', 'method', 'status'],
  )
  readonly reports: Counts<ReportLabels> = this.#counter(
    'reports_total',
    'Reports that were written to the store in the background, by what they told.',
    ['report', 'outcome'],
  )
  readonly auditEventsDropped: Counts = this.#counter(
    'audit_events_dropped_total',
    'Logins that are missing in the audit log, as the store did not take them in time.',
  )
  readonly #relayBytes = this.#counter('relay_bytes_total', 'Bytes relayed.', ['direction'])
  /** Bytes relayed. Tallies, as a labelled counter costs too much for every chunk of every session. */
  readonly relayBytes = {
    toUpstream: new Tally(this.#relayBytes, { direction: 'to_upstream' }),
    toClient: new Tally(this.#relayBytes, { direction: 'to_client' }),
  }

  /** `processMetrics: false` leaves out the Node.js and process metrics, whose observers are global to the process. */
  constructor(options: { processMetrics?: boolean } = {}) {
    if (options.processMetrics !== false) collectDefaultMetrics({ register: this.#registry })
  }

  /** The Content-Type of what `render` gives. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Renders all series in the Prometheus text format. */
  async render(): Promise<string> {
    this.relayBytes.toUpstream.settle()
    this.relayBytes.toClient.settle()
    return await this.#registry.metrics()
  }

  #counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name: `postern_${name}`, help, labelNames, registers: [this.#registry] })
  }

  #gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name: `postern_${name}`, help, labelNames, registers: [this.#registry] })
  }

  #reading(name: string, help: string): Reading {
    return new Reading(collect => new Gauge({ name: `postern_${name}`, help, registers: [this.#registry], collect }))
  }

  #histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ): Histogram<L> {
    return new Histogram({ name: `postern_${name}`, help, buckets, labelNames, registers: [this.#registry] })
  }
}
