// What an instance knows of the store: cached accounts and databases, the revocation list, and the feed that keeps both
// young. The proxy and the API of one process share it.

import { createHash, hkdfSync } from 'node:crypto'
import type { AccountRecord } from '../auth/account.js'
import type { DatabaseRecord } from '../auth/database.js'
import { FreshCache } from '../auth/fresh-cache.js'
import { RevocationFeed, type RevocationFeedEvents } from '../auth/revocation-feed.js'
import { RevocationList } from '../auth/revocation-list.js'
import { TokenVerifier } from '../auth/token-verifier.js'
import { Turns } from '../auth/turns.js'
import { Refusal } from '../errors.js'
import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import { live } from '../settings/live.js'
import type { Settings } from '../settings.js'
import { AccountRecords } from '../store/account-records.js'
import { CancelChannel } from '../store/cancel-channel.js'
import { Changes } from '../store/changes.js'
import { DatabaseRecords } from '../store/database-records.js'
import { ChangeListener } from '../store/listen.js'
import { openStore, type Store } from '../store/pool.js'
import { Sealer } from '../store/seal.js'
import { StoreError } from '../store/store-error.js'
import { logAnnouncements } from './notification-watch.js'
import { steadyClock } from './steady-clock.js'

export interface Knowledge {
  readonly store: Store
  readonly sealer: Sealer
  readonly accountRecords: AccountRecords
  readonly changes: Changes
  readonly accounts: FreshCache<AccountRecord>
  readonly databases: FreshCache<DatabaseRecord>
  readonly revocations: RevocationList
  /** Tells of changes as they are committed. */
  readonly push: ChangeListener
  readonly verifier: TokenVerifier
  /** The way to other instances for cancel requests. */
  readonly cancelChannel: CancelChannel
  /** Monotonic milliseconds: the clock of everything that has an age here. */
  readonly now: () => number
  /** Begins to read the change feed and to tell of it. */
  readonly follow: (events: Pick<RevocationFeedEvents, 'changed' | 'resync'>) => RevocationFeed
}

/** How long the other instances have to say that a cancel request was for one of them. Normally they take milliseconds. */
const CANCEL_ANSWER_MS = 1_500

/** Connections to the store that are left to everything but the look-up of accounts and databases. */
const KEPT_CONNECTIONS = 4
/** The longest that a look-up waits for its turn, as for a connection. */
const LOAD_WAIT_MS = 5_000

/** Opens the store, without connecting yet, and makes everything that answers from it. */
export function gatherKnowledge(settings: Settings, metrics: Metrics, log: Logger, now = steadyClock()): Knowledge {
  const { cache, login, revocation } = settings
  const { maxAgeMs } = revocation
  const store = openStore(settings.store.url, {
    poolSize: settings.store.poolSize,
    statementTimeoutMs: settings.store.statementTimeoutMs,
    onError: error => log.warn({ err: error }, 'a connection to the store broke'),
    onAnnounced: logAnnouncements(log),
  })
  // Behind a store that was away all accounts are asked for at once. The list, by which sessions end, must not wait behind them.
  const loads = new Turns({
    concurrency: Math.max(1, settings.store.poolSize - KEPT_CONNECTIONS),
    maxQueue: cache.accounts,
    maxWaitMs: LOAD_WAIT_MS,
  })
  const sealer = new Sealer([settings.secretKey, ...settings.retiredSecretKeys].map(toSealingKey))
  const accountRecords = new AccountRecords(store)
  const databaseRecords = new DatabaseRecords(store, sealer)
  const changes = new Changes(store)
  const cancelChannel = new CancelChannel(store, CANCEL_ANSWER_MS)
  const push = new ChangeListener(settings.store.url, store, {
    heartbeatMs: revocation.heartbeatMs,
    now,
    onError: error => log.warn({ err: error }, 'the push channel broke'),
    beside: cancelChannel,
  })
  const revocations = new RevocationList(live(() => ({ maxAgeMs, loginTimeoutMs: login.timeoutMs, now })))
  const verifier = new TokenVerifier({
    maxVerdicts: cache.verdicts,
    maxAgeMs,
    concurrency: login.argon2Concurrency,
    maxQueue: login.argon2Queue,
    now,
    events: {
      cacheAsked: result => metrics.credentialCacheRequests.inc({ result }),
      hashed: seconds => metrics.argon2Duration.observe(seconds),
    },
  })
  metrics.revocationListAge.readFrom(() => revocations.ageMs() / 1000)
  metrics.revocationListEntries.readFrom(() => revocations.size)
  metrics.revocationPushUp.readFrom(() => (push.isUp ? 1 : 0))
  metrics.revocationPushHeardAge.readFrom(() => push.heardAgeMs() / 1000)
  metrics.argon2QueueDepth.readFrom(() => verifier.queueDepth)
  return {
    store,
    sealer,
    accountRecords,
    changes,
    accounts: new FreshCache({
      max: cache.accounts,
      maxAgeMs,
      now,
      known: () => revocations.head,
      load: name => loads.run(() => accountRecords.loadAccount(name)),
    }),
    databases: new FreshCache({
      max: cache.databases,
      maxAgeMs,
      now,
      known: () => revocations.head,
      load: id => loads.run(() => databaseRecords.loadDatabase(id)).catch(orSecretsUnreadable),
    }),
    revocations,
    push,
    verifier,
    cancelChannel,
    now,
    follow: events =>
      new RevocationFeed({
        list: revocations,
        source: changes,
        push,
        get refreshMs() {
          return revocation.refreshMs
        },
        maxAgeMs,
        now,
        events: {
          ...events,
          refreshed: (outcome, error) => {
            metrics.revocationRefreshes.inc({ outcome })
            if (outcome === 'failed') log.warn({ err: error }, 'the revocation list could not be refreshed')
          },
        },
      }),
  }
}

/** A wrong secret_key is not an outage of the store: the refusal must point to the right cause. */
function orSecretsUnreadable(error: unknown): never {
  if (!(error instanceof StoreError) || error.code !== 'unsealable') throw error
  throw new Refusal('secrets_unreadable', { cause: error })
}

/** The secret behind the salts of accounts that do not exist: stable, and the same on every instance. */
export function doomedSecret({ secretKey }: Pick<Settings, 'secretKey'>): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secretKey, 'base64'), '', 'postern doomed salt', 32))
}

/** The keys under which instances name cancel keys to each other: those of retired secret keys are still understood. */
export function cancelMacKeys({
  secretKey,
  retiredSecretKeys,
}: Pick<Settings, 'secretKey' | 'retiredSecretKeys'>): [Buffer, ...Buffer[]] {
  const derive = (base64: string) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(base64, 'base64'), '', 'postern cancel keys', 32))
  return [derive(secretKey), ...retiredSecretKeys.map(derive)]
}

function toSealingKey(base64: string): { id: string; key: Buffer } {
  const key = Buffer.from(base64, 'base64')
  // The id tells keys apart without telling anything of the key.
  const id = createHash('sha256').update('postern sealing key').update(key).digest('hex').slice(0, 16)
  return { id, key }
}
