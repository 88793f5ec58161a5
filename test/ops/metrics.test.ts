import t from 'tap'
import { Metrics } from '../../src/ops/metrics.js'

// The contract with dashboards and alerts: names, types and labels are not to change without a new major version.
const CONTRACT = [
  'counter postern_connections_accepted_total',
  'gauge postern_sessions_active database role',
  'counter postern_sessions_opened_total',
  'counter postern_sessions_closed_total reason',
  'counter postern_logins_total outcome reason',
  'gauge postern_logins_in_flight',
  'gauge postern_login_blocks',
  'counter postern_login_timeouts_total phase',
  'counter postern_descriptor_shortages_total',
  'counter postern_logins_abandoned_total phase',
  'histogram postern_login_duration_seconds',
  'histogram postern_login_phase_duration_seconds phase',
  'histogram postern_upstream_connect_duration_seconds database',
  'counter postern_upstream_errors_total database kind',
  'counter postern_relay_bytes_total direction',
  'counter postern_reports_total report outcome',
  'counter postern_audit_events_dropped_total',
  'counter postern_cancel_requests_total outcome',
  'gauge postern_revocation_list_age_seconds',
  'gauge postern_revocation_list_entries',
  'gauge postern_revocation_push_up',
  'gauge postern_revocation_push_heard_age_seconds',
  'gauge postern_store_notification_queue_usage',
  'counter postern_revocation_refreshes_total outcome',
  'histogram postern_revocation_propagation_seconds',
  'counter postern_credential_cache_requests_total result',
  'histogram postern_argon2_duration_seconds',
  'gauge postern_argon2_queue_depth',
  'gauge postern_tls_certificate_not_after_timestamp_seconds place',
  'histogram postern_api_request_duration_seconds route method status',
]

void t.test('has the metrics of the contract, with their types and labels, and no others', async t => {
  const metrics = new Metrics({ processMetrics: false })
  touchEverything(metrics)
  t.same(describe(await metrics.render()).sort(), [...CONTRACT].sort())
})

void t.test('renders in the text format that Prometheus reads', async t => {
  const metrics = new Metrics({ processMetrics: false })
  metrics.logins.inc({ outcome: 'refused', reason: 'revoked' })
  t.match(metrics.contentType, /^text\/plain; version=0\.0\.4/)
  t.match(await metrics.render(), /^postern_logins_total\{outcome="refused",reason="revoked"\} 1$/m)
})

void t.test('adds the metrics of the process under the names of prom-client', async t => {
  const text = await new Metrics().render()
  t.match(text, /^process_resident_memory_bytes \d/m)
  t.match(text, /^nodejs_eventloop_lag_seconds \d/m)
})

void t.test('asks for a reading at every scrape, and has no series before it has an owner', async t => {
  const metrics = new Metrics({ processMetrics: false })
  t.notMatch(await metrics.render(), /^postern_revocation_list_age_seconds /m)
  let age = Infinity
  metrics.revocationListAge.readFrom(() => age)
  t.match(await metrics.render(), /^postern_revocation_list_age_seconds \+Inf$/m)
  age = 12.5
  t.match(await metrics.render(), /^postern_revocation_list_age_seconds 12\.5$/m)
})

void t.test('counts every relayed byte once over many scrapes', async t => {
  const metrics = new Metrics({ processMetrics: false })
  metrics.relayBytes.toClient.add(70_000)
  await metrics.render()
  metrics.relayBytes.toClient.add(5)
  const text = await metrics.render()
  t.match(text, /^postern_relay_bytes_total\{direction="to_client"\} 70005$/m)
  t.match(text, /^postern_relay_bytes_total\{direction="to_upstream"\} 0$/m)
})

void t.test('has a bucket that ends at the promise of five minutes', async t => {
  const metrics = new Metrics({ processMetrics: false })
  metrics.revocationPropagation.observe(299)
  metrics.revocationPropagation.observe(301)
  t.match(await metrics.render(), /^postern_revocation_propagation_seconds_bucket\{le="300"\} 1$/m)
})

void t.test('takes only label values of the closed sets, which the compiler checks', async t => {
  const metrics = new Metrics({ processMetrics: false })
  // @ts-expect-error an account's name is no reason
  metrics.logins.inc({ outcome: 'refused', reason: 'etl' })
  // @ts-expect-error a label is missing
  metrics.upstreamErrors.inc({ database: 'shop' })
  // @ts-expect-error this one has no labels
  t.throws(() => metrics.sessionsOpened.inc({ user: 'etl' }))
})

void t.test('renders as many series for 100,000 open sessions as for ten', async t => {
  const few = withSessions(10)
  const many = withSessions(100_000)
  t.equal(countLines(await many.render()), countLines(await few.render()))

  // The least of several, as the machine may be busy; the factor leaves room for noise, and 10,000 x as many sessions
  // would exceed it by far.
  const fewMs = await leastRenderMs(few)
  const manyMs = await leastRenderMs(many)
  t.ok(manyMs < fewMs * 20 + 5, `${String(manyMs)} ms for many sessions, ${String(fewMs)} ms for few`)
})

function withSessions(count: number): Metrics {
  const metrics = new Metrics({ processMetrics: false })
  for (let i = 0; i < count; i++) {
    metrics.connectionsAccepted.inc()
    metrics.sessionsActive.inc({ database: 'shop', role: 'reader' })
    metrics.loginDuration.observe(i / 1000)
    metrics.relayBytes.toUpstream.add(100)
  }
  return metrics
}

async function leastRenderMs(metrics: Metrics): Promise<number> {
  let least = Infinity
  for (let run = 0; run < 5; run++) {
    const start = process.cpuUsage()
    await metrics.render()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

function countLines(text: string): number {
  return text.split('\n').length
}

/** `type name labels…` for every metric of a rendering. */
function describe(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
    const sample = new RegExp(`^${name}(?:_sum)?(?:\\{(.*)\\})? `, 'm').exec(text)?.[1] ?? ''
    const labels = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label)
    return [type, name, ...labels].join(' ')
  })
}

function touchEverything(metrics: Metrics): void {
  metrics.sessionsActive.inc({ database: 'shop', role: 'reader' })
  metrics.sessionsClosed.inc({ reason: 'session_revoked' })
  metrics.logins.inc({ outcome: 'admitted', reason: 'none' })
  metrics.loginsAbandoned.inc({ phase: 'tls' })
  metrics.loginTimeouts.inc({ phase: 'startup' })
  metrics.loginPhaseDuration.observe({ phase: 'verify' }, 0.1)
  metrics.upstreamConnectDuration.observe({ database: 'shop' }, 0.1)
  metrics.upstreamErrors.inc({ database: 'shop', kind: 'timeout' })
  metrics.cancelRequests.inc({ outcome: 'sent' })
  metrics.revocationRefreshes.inc({ outcome: 'ok' })
  metrics.reports.inc({ report: 'instance', outcome: 'ok' })
  metrics.certificateNotAfter.set({ place: 'api' }, 2_000_000_000)
  metrics.credentialCacheRequests.inc({ result: 'hit' })
  metrics.apiRequestDuration.observe({ route: '/v1/me', method: 'GET', status: 200 }, 0.01)
}
