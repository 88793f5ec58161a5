// What must hold for an instance to be ready, and what /readyz shows beside it.

import type { FastifyInstance } from 'fastify'
import type { Condition, Phase } from '../ops/readiness.js'
import type { ListenerAddress, Proxy } from '../proxy/proxy.js'
import type { Settings } from '../settings.js'
import type { Knowledge } from './knowledge.js'

/** Share of revocation.max_age at which traffic should go elsewhere: before logins are refused. */
const READY_SHARE = 0.8

/** The revocation list is loaded, and young. */
export function listIsYoung(settings: Settings, { revocations }: Knowledge): Condition {
  return () => {
    const ageMs = revocations.ageMs()
    if (ageMs === Infinity) return ['the revocation list has not been loaded']
    return ageMs > READY_SHARE * settings.revocation.maxAgeMs ? ['the revocation list is too old'] : []
  }
}

/** Every listener of the proxy accepts connections. */
export function proxyAccepts(proxy: Pick<Proxy, 'closedListeners'>): Condition {
  return phase => notAccepting('the proxy', proxy.closedListeners, phase)
}

/** The API accepts connections. */
export function apiAccepts(
  { api: { host, port } }: Pick<Settings, 'api'>,
  app: () => Pick<FastifyInstance, 'server'> | null,
): Condition {
  return phase => notAccepting('the API', app()?.server.listening === true ? [] : [{ host, port }], phase)
}

function notAccepting(what: string, where: readonly ListenerAddress[], phase: Phase): string[] {
  // A drain closes them, and is reason enough.
  if (phase === 'draining') return []
  const [before, since] = phase === 'starting' ? ['starting: ', 'yet'] : ['', 'any longer']
  return where.map(
    ({ host, port }) => `${before}${what} does not accept connections on ${hostPort(host, port)} ${since}`,
  )
}

function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What the verdict on the list rests on. */
export function listDetails({ revocations, push }: Knowledge): Readonly<Record<string, unknown>> {
  const ageMs = revocations.ageMs()
  return {
    list: {
      seq: revocations.head,
      age_seconds: ageMs === Infinity ? null : ageMs / 1000,
      read_at: ageMs === Infinity ? null : new Date(revocations.storeNow() - ageMs).toISOString(),
      push: push.isUp ? 'up' : 'down',
    },
  }
}
