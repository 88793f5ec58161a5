// The composition root: settings → parts → start → drain. Everything that runs in production is joined here.

import type { AddressInfo } from 'node:net'
import { createBookkeeping } from './compose/bookkeeping.js'
import { Certificates } from './compose/certificates.js'
import { createControlPlane } from './compose/control-plane.js'
import { createDataPlane } from './compose/data-plane.js'
import { Departure } from './compose/departure.js'
import { warnOfFewDescriptors, watchDescriptors } from './compose/descriptor-watch.js'
import { gatherKnowledge, type Knowledge } from './compose/knowledge.js'
import { watchNotificationQueue } from './compose/notification-watch.js'
import { warnOfOpenStore } from './compose/open-store-warning.js'
import { pruneNowAndThen } from './compose/pruning.js'
import { readSettings, sourcesOf } from './compose/read-settings.js'
import { apiAccepts, listDetails, listIsYoung, proxyAccepts } from './compose/ready-conditions.js'
import { reloadSettings } from './compose/reload-settings.js'
import { Shutdown, StoppedWhileStarting } from './compose/shutdown.js'
import { watchSignals } from './compose/signals.js'
import { StoreWatch } from './compose/store-watch.js'
import { urlOf } from './compose/url-of.js'
import { startHealthServer } from './ops/health.js'
import { createLogger, type Logger } from './ops/log.js'
import { Metrics } from './ops/metrics.js'
import { Readiness, type Verdict } from './ops/readiness.js'
import type { ListenerAddress } from './proxy/proxy.js'
import { LiveSettings } from './settings/live.js'
import type { Settings } from './settings.js'
import { hasAdmin } from './store/people.js'
import type { HostNames } from './upstream/host-names.js'

/** What one process runs of Postern; both by default. */
export type Part = 'proxy' | 'api'

export interface InstanceOptions {
  /** The one part to run; both by default. */
  readonly only?: Part | undefined
  /** Monotonic milliseconds. Default: the process's own. */
  readonly now?: (() => number) | undefined
  /** How upstream hosts are found. Default: the names of the process. */
  readonly names?: HostNames | undefined
}

/** A running instance. */
export interface Instance {
  /** Where clients connect, in the order of the settings; empty when no proxy runs here. */
  readonly proxy: readonly ListenerAddress[]
  /** Base URL of the API, or null when it does not run here. */
  readonly api: string | null
  /** Base URL of /metrics, /livez and /readyz. */
  readonly metrics: string
  readonly knowledge: Knowledge
  /** Goes on for drain.accept_delay, lets sessions come to their end, within drain.timeout, and stops everything. */
  readonly stop: () => Promise<void>
  /** Reads the certificates' files again. Never throws. */
  readonly reload: () => void
  /** Ends what a `stop` still waits for. */
  readonly hurry: () => Promise<void>
}

/** `postern serve`: runs until a signal ends it. Returns the exit code; mistakes are told on stderr. */
export async function serve({ configFile, only }: { configFile?: string; only?: Part }): Promise<number> {
  const read = readSettings(configFile)
  if (!read) return 1
  const settings = new LiveSettings(read)
  const log = createLogger({ level: read.log.level })
  const shutdown = new Shutdown()
  const signals = watchSignals({
    stop: signal => {
      log.info({ signal }, 'draining; a second signal ends all sessions at once')
      return shutdown.run()
    },
    hurry: async signal => {
      log.warn({ signal }, 'ending all sessions')
      await instance?.hurry()
    },
    reload: () => {
      log.info('reading the certificates and the settings again')
      reloadSettings(settings, sourcesOf(configFile), log)
      instance?.reload()
    },
  })
  let instance: Instance | undefined
  try {
    instance = await startInstance(settings.current, log, { only })
    shutdown.add(instance.stop)
    await warnOfNoAdmin(instance.knowledge, log)
    await warnOfOpenStore(instance.knowledge.store, log)
    await signals.stopped
    log.info('stopped')
    return 0
  } catch (error) {
    if (error instanceof StoppedWhileStarting) {
      await shutdown.run()
      return 0
    }
    log.fatal({ err: error }, 'could not start or stop cleanly')
    return 1
  } finally {
    signals.end()
  }
}

/** Nobody can call the API of a store without an admin: whoever looks why finds it in the log. */
async function warnOfNoAdmin({ store }: Knowledge, log: Logger): Promise<void> {
  try {
    if (!(await hasAdmin(store))) log.warn('nobody is an admin yet: run postern migrate --admin EMAIL --link')
  } catch {
    // The store is away or not migrated; others tell of that.
  }
}

/** Starts an instance. Rejects when an address can't be had or a file not be read, with nothing left running. A store
 * that is down is no reason to fail: the proxy then refuses with 57P03 until it has caught up. */
export async function startInstance(settings: Settings, log: Logger, options: InstanceOptions = {}): Promise<Instance> {
  const shutdown = new Shutdown()
  try {
    return await start(settings, log, options, shutdown)
  } catch (error) {
    await shutdown.run().catch(() => {})
    throw error
  }
}

async function start(
  settings: Settings,
  log: Logger,
  { only, now, names }: InstanceOptions,
  shutdown: Shutdown,
): Promise<Instance> {
  const departure = new Departure()
  const metrics = new Metrics()
  const knowledge = gatherKnowledge(settings, metrics, log, now)
  shutdown.add(() => knowledge.store.close())
  const readiness = new Readiness(verdict => logReadiness(log, verdict, addresses()))
  readiness.addCondition(listIsYoung(settings, knowledge))
  // First, and stopped last: probes are answered from early on, and to the end.
  const health = await startHealthServer({
    ...settings.metrics,
    metrics,
    isReady: () => ({ ...readiness.look(), details: listDetails(knowledge) }),
    isLive: () => true,
  })
  shutdown.add(() => health.close())
  const certificates = new Certificates(metrics, log)
  const books = createBookkeeping(settings, knowledge, metrics, log)
  const parts = { settings, knowledge, books, certificates, metrics, log, names }
  const plane = only === 'api' ? null : createDataPlane(parts)
  shutdown.add(() => plane?.enforcer.close())
  if (plane) readiness.addCondition(proxyAccepts(plane.proxy))
  let api: Awaited<ReturnType<typeof createControlPlane>> | null = null
  if (only !== 'proxy') readiness.addCondition(apiAccepts(settings, () => api))

  const feed = knowledge.follow({
    changed: changes => {
      plane?.enforcer.changed(changes)
      plane?.failedLogins.changed(changes)
      books.reportSoon()
    },
    resync: () => plane?.enforcer.resync(),
  })
  shutdown.add(() => feed.close())
  const watch = new StoreWatch({
    store: knowledge.store,
    sealer: knowledge.sealer,
    url: settings.store.url,
    get everyMs() {
      return settings.revocation.refreshMs
    },
    log,
    checked: () => readiness.look(),
  })
  readiness.addCondition(() => watch.reasons())
  shutdown.add(() => watch.close())
  await Promise.all([feed.start(), watch.start()])
  shutdown.add(() => books.close())
  books.start(plane)
  shutdown.add(pruneNowAndThen(knowledge, log))
  shutdown.add(watchNotificationQueue(metrics, knowledge.store, log))

  if (only !== 'proxy') await startApi()
  shutdown.add(certificates.follow())
  if (plane) shutdown.add(() => plane.proxy.drain(settings.drain))
  if (plane) warnOfFewDescriptors(settings.limits.connections, log)
  shutdown.add(watchDescriptors(metrics, log))
  await plane?.proxy.listen()
  // A load balancer needs a moment to notice: until then, clients are still served.
  shutdown.add(() => departure.wait(settings.drain.acceptDelayMs))
  log.info(addresses(), 'listening')
  readiness.serve()
  return {
    ...addresses(),
    knowledge,
    stop: () => {
      readiness.drain()
      return shutdown.run()
    },
    reload: () => certificates.reload(),
    hurry: async () => {
      departure.hurry()
      await plane?.proxy.close()
    },
  }

  function addresses(): Pick<Instance, 'proxy' | 'api' | 'metrics'> {
    const { host, certificateFile } = settings.api
    const bound = api?.server.address() as AddressInfo | null | undefined
    return {
      proxy: plane?.proxy.addresses ?? [],
      api: bound ? urlOf(host, bound.port, certificateFile !== null) : null,
      metrics: urlOf(settings.metrics.host, health.port),
    }
  }

  async function startApi(): Promise<void> {
    const server = await createControlPlane({ ...parts, proxyPort: () => plane?.proxy.addresses[0]?.port })
    shutdown.add(async () => {
      const closed = server.close()
      // A client that never reads its answer to the end must not keep the process.
      await Promise.race([closed, departure.wait(settings.drain.timeoutMs)])
      server.server.closeAllConnections()
      await closed
    })
    // Without a listener an accept that fails would end the process.
    server.server.on('error', error => log.error({ err: error }, 'the API could not take a connection'))
    await server.listen({ host: settings.api.host, port: settings.api.port })
    api = server
  }
}

/** A store that is down or not fit is no reason to end: the log says that the instance waits, and for what. */
function logReadiness(log: Logger, { ready, reasons }: Verdict, addresses: object): void {
  if (ready) log.info(addresses, 'ready')
  else log.warn({ reasons }, 'not ready')
}
