// Puts the proxy together from the settings and from what the instance knows.

import { Authenticator } from '../auth/authenticate.js'
import { FailedLogins } from '../auth/failed-logins.js'
import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import { Cancels } from '../proxy/cancel.js'
import { Enforcer } from '../proxy/enforce.js'
import type { ProxyEvents } from '../proxy/events.js'
import { Counters } from '../proxy/limits.js'
import type { ListenerTerms } from '../proxy/negotiate.js'
import { Proxy } from '../proxy/proxy.js'
import { Sessions } from '../proxy/sessions.js'
import { live } from '../settings/live.js'
import type { ListenerSettings, Settings } from '../settings.js'
import type { HostNames } from '../upstream/host-names.js'
import { OldProtocol } from '../upstream/old-protocol.js'
import { SaltedPasswords } from '../upstream/salted-passwords.js'
import type { Bookkeeping } from './bookkeeping.js'
import type { Certificates } from './certificates.js'
import { cancelMacKeys, doomedSecret, type Knowledge } from './knowledge.js'
import { observeProxy } from './observe.js'

export interface DataPlaneOptions {
  readonly settings: Settings
  readonly knowledge: Knowledge
  readonly books: Bookkeeping
  readonly certificates: Certificates
  readonly metrics: Metrics
  readonly log: Logger
  /** How upstream hosts are found. Default: the names of the process. */
  readonly names?: HostNames | undefined
}

export interface DataPlane {
  readonly proxy: Proxy
  readonly sessions: Sessions
  readonly enforcer: Enforcer
  readonly failedLogins: FailedLogins
}

/** How long a cancel request may take on its way to a database. */
const CANCEL_TIMEOUT_MS = 5_000
const MAX_CANCELS_IN_FLIGHT = 100

/** Makes the proxy; it does not listen yet. Throws when a certificate can't be loaded. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { settings, knowledge, books, certificates, metrics, log, names } = options
  const { accounts, databases, revocations, verifier, cancelChannel, now } = knowledge
  const { limits, login, upstream, revocation } = settings
  const events = withBooks(observeProxy(metrics, log), books)
  const sessions = new Sessions()
  const saltedPasswords = new SaltedPasswords()
  const oldProtocol = new OldProtocol(now)
  const failedLogins = new FailedLogins(
    live(() => ({
      maxBadTokens: settings.failedLogins.perNetwork,
      windowMs: settings.failedLogins.windowMs,
      triesAsOne: settings.failedLogins.triesAsOne,
      prefixes: { ipv4: settings.failedLogins.ipv4Prefix, ipv6: settings.failedLogins.ipv6Prefix },
      maxNetworks: settings.failedLogins.networks,
      now,
      blocked: ({ network, badTokens, leftMs }) => {
        const fields = { network, bad_tokens: badTokens, seconds: Math.round(leftMs / 1000) }
        log.warn(fields, 'logins of a network are refused: it has shown too many bad tokens')
        books.reportBlocksSoon()
      },
    })),
  )
  metrics.loginBlocks.readFrom(() => failedLogins.size)
  const enforcer = new Enforcer({
    sessions,
    revocations,
    accounts,
    databases,
    get whenStale() {
      return revocation.whenStale
    },
    maxAgeMs: revocation.maxAgeMs,
    now,
    events,
  })
  const cancels = new Cancels({
    macKeys: cancelMacKeys(settings),
    peers: cancelChannel,
    timeoutMs: CANCEL_TIMEOUT_MS,
    ...(names && { names }),
    maxInFlight: MAX_CANCELS_IN_FLIGHT,
    get wrongKeysPerMinute() {
      return limits.wrongCancelKeys
    },
    now,
  })
  cancelChannel.answerWith((mac, clientAddress) => cancels.cancelHere(mac, clientAddress))
  const proxy = new Proxy({
    listeners: settings.listeners.map((listener, index) => ({
      ...listener,
      ...termsOf(listener, index, certificates),
    })),
    get maxConnections() {
      return limits.connections
    },
    now,
    closedFor: () => {
      if (revocations.ageMs() === Infinity) return 'starting'
      return revocations.isStale() ? 'list_stale' : null
    },
    house: {
      authenticator: new Authenticator({ accounts, revocations, verifier, doomedSecret: doomedSecret(settings) }),
      failedLogins,
      databases,
      sessions,
      enforcer,
      cancels,
      counters: new Counters(
        live(() => ({
          connections: limits.connections,
          connectionsPerAddress: limits.connectionsPerAddress,
          loginsInFlight: login.maxInFlight,
          sessionsPerAccount: limits.sessionsPerAccount,
          sessionsPerKey: limits.sessionsPerKey,
        })),
      ),
      upstream: live(() => ({ connectTimeoutMs: upstream.connectTimeoutMs, saltedPasswords, oldProtocol, names })),
      timeouts: live(() => ({
        loginMs: login.timeoutMs,
        startupMs: login.startupTimeoutMs,
        challengeMs: login.challengeTimeoutMs,
      })),
      traffic: metrics.relayBytes,
      events,
    },
  })
  return { proxy, sessions, enforcer, failedLogins }
}

/** Tells the books as well of what they keep. */
function withBooks(observer: ProxyEvents, { keyUses, logins, loginCounts }: Bookkeeping): ProxyEvents {
  return {
    ...observer,
    opened(session, visit) {
      observer.opened(session, visit)
      keyUses.opened(session)
      logins.opened(session)
      loginCounts.admitted()
    },
    closed(session, reason, end) {
      observer.closed(session, reason, end)
      logins.closed(session, reason, end)
    },
    refused(refusal, visit) {
      observer.refused(refusal, visit)
      logins.refused(refusal, visit)
      loginCounts.refused(refusal)
    },
  }
}

function termsOf(listener: ListenerSettings, index: number, certificates: Certificates): ListenerTerms {
  const { auth, tls } = listener
  const files = tls === 'off' ? null : certificates.open(`listener-${index}`, listener)
  return { auth, tls, identity: files && (() => files.identity) }
}
