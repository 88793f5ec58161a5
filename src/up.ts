// `postern up`: everything on one machine, with an embedded Postgres and a sample database, for whoever wants to see it
// work. The same instance as `postern serve`, with settings made here.

import { randomBytes } from 'node:crypto'
import { openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { demoAdminUrl, DEMO, ensureDemoDatabase, ensureStoreDatabase } from './compose/demo-database.js'
import { ensureCast, ensureRegistered } from './compose/first-run.js'
import { PortBusyError, requireFreePorts } from './compose/free-ports.js'
import { createProvisioner } from './compose/provisioner.js'
import { readQuickstart, writeQuickstart, type Quickstart } from './compose/quickstart-file.js'
import { watchSignals } from './compose/signals.js'
import { Shutdown } from './compose/shutdown.js'
import { jsonScreen, terminalScreen, type Screen } from './compose/summary.js'
import { ensureCertificates, type Certificates } from './embedded/certificates.js'
import { EmbeddedError } from './embedded/embedded-error.js'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/postgres.js'
import { loadSettings } from './load-settings.js'
import { createLogger, type Logger } from './ops/log.js'
import { startInstance, type Instance } from './serve.js'
import type { Settings } from './settings.js'
import { identifyStore } from './store/identity.js'
import { migrate } from './store/migrate.js'

export interface UpOptions {
  /** Where everything is kept. Default `.postern` in the current folder. */
  readonly data?: string
  readonly port?: number
  readonly apiPort?: number
  readonly metricsPort?: number
  /** Print one line of JSON when ready, and nothing else. */
  readonly json: boolean
  readonly output: NodeJS.WritableStream
}

const HOST = '127.0.0.1'

/** Runs until a signal ends it. Returns the exit code; what went wrong is told on stderr. */
export async function up(options: UpOptions): Promise<number> {
  const screen = options.json ? jsonScreen(options.output) : terminalScreen(options.output)
  const shutdown = new Shutdown()
  let instance: Instance | undefined
  // Watched from the start on: Ctrl-C while it starts must leave nothing behind either.
  const signals = watchSignals({
    stop: async () => {
      const finish = screen.step('ending sessions and stopping Postgres')
      await shutdown.run()
      finish('stopped')
    },
    hurry: async () => instance?.hurry(),
  })
  try {
    instance = await start(resolve(options.data ?? '.postern'), options, screen, shutdown)
    await signals.stopped
    return 0
  } catch (error) {
    await shutdown.run().catch(() => {})
    if (signals.signalled) return 0
    const { message, hint } = explain(error)
    process.stderr.write(`\nerror: ${message}\n${hint ? `hint: ${hint}\n` : ''}`)
    return 1
  } finally {
    signals.end()
  }
}

async function start(dir: string, options: UpOptions, screen: Screen, shutdown: Shutdown): Promise<Instance> {
  const { port = 6432, apiPort = 8080, metricsPort = 9127 } = options
  await requireFreePorts(HOST, [
    { what: 'the proxy', port, flag: '--port' },
    { what: 'the API', port: apiPort, flag: '--api-port' },
    { what: 'metrics', port: metricsPort, flag: '--metrics-port' },
  ])
  // As root the server runs as another user, who has to pass through; every file in it is its owner's only.
  await mkdir(dir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const logFile = join(dir, 'postern.log')
  const log = fileLogger(logFile)

  let done = screen.step('starting Postgres 18')
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), log: line => log.debug(line) })
  shutdown.add(() => server.stop())
  done()

  done = screen.step('preparing the store and the sample database')
  const storeUrl = await ensureStoreDatabase(server)
  await migrate(storeUrl, { note: text => log.info(text) })
  await ensureDemoDatabase(server)
  done()

  done = screen.step('starting proxy, API and metrics')
  const certificates = await ensureCertificates(join(dir, 'tls'))
  const settings = settingsFor(storeUrl, await secretKey(dir), { port, apiPort, metricsPort }, certificates)
  const instance = await startInstance(settings, log)
  shutdown.add(instance.stop)
  done()

  done = screen.step('making the accounts and their keys')
  const file = join(dir, 'quickstart.json')
  const quickstart = await populate(server, instance, settings, certificates, file)
  await writeQuickstart(file, quickstart)
  done()

  screen.show(quickstart, { log: logFile, quickstart: file })
  return instance
}

async function populate(
  server: EmbeddedPostgres,
  { knowledge, proxy, api, metrics }: Instance,
  settings: Settings,
  { caFile }: Certificates,
  file: string,
): Promise<Quickstart> {
  const { host, port } = proxy[0] ?? { host: HOST, port: 0 }
  const provisioner = createProvisioner(() => identifyStore(knowledge.store))
  const database = await ensureRegistered(knowledge, DEMO, server, async () => {
    const { address, logins } = await provisioner.provision({
      name: DEMO,
      url: demoAdminUrl(server),
      sslRootCert: null,
    })
    const { ok } = await provisioner.prove({ ...address, logins })
    if (!ok) throw new Error('the logins of the sample database can do more than they should')
    return { ...address, name: DEMO, announce: true, logins }
  })
  const limits = { personal: settings.keys.maxPerPersonalAccount, service: settings.keys.maxPerServiceAccount }
  const cast = await ensureCast(knowledge, database, limits, await readQuickstart(file))
  return {
    proxy: { host, port },
    api: api ?? '',
    metrics,
    ca: caFile,
    admin: cast.admin,
    examples: cast.examples.map(example => ({
      ...example,
      database: DEMO,
      uri: `postgresql://${example.account}:${example.token}@${host}:${port}/${DEMO}?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`,
    })),
  }
}

function settingsFor(
  storeUrl: string,
  key: string,
  ports: { readonly port: number; readonly apiPort: number; readonly metricsPort: number },
  { caFile, certFile, keyFile }: Certificates,
): Settings {
  const listener = { host: HOST, port: ports.port, tls: 'allow', certificate_file: certFile, private_key_file: keyFile }
  return loadSettings({
    env: {
      POSTERN_STORE_URL: storeUrl,
      POSTERN_SECRET_KEY: key,
      POSTERN_LISTENERS: JSON.stringify([listener]),
      POSTERN_API_PORT: String(ports.apiPort),
      POSTERN_API_PUBLIC_CA_FILE: caFile,
      POSTERN_METRICS_PORT: String(ports.metricsPort),
      // Whoever presses Ctrl-C waits for it.
      POSTERN_DRAIN_TIMEOUT: '3s',
    },
  })
}

/** The key that seals the logins of this data directory, made at the first start. */
async function secretKey(dir: string): Promise<string> {
  const file = join(dir, 'secret.key')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const key = randomBytes(32).toString('base64')
    await writeFile(file, `${key}\n`, { mode: 0o600, flag: 'wx' })
    return key
  }
}

/** The log of this run only: it is for the person who started it. Throws when the file cannot be opened. */
function fileLogger(file: string): Logger {
  return createLogger({ level: 'info', destination: openSync(file, 'w', 0o600) })
}

function explain(error: unknown): { message: string; hint?: string } {
  if (error instanceof PortBusyError) return { message: error.message, hint: error.hint }
  if (error instanceof EmbeddedError) return { message: error.message }
  return { message: error instanceof Error ? error.message : String(error) }
}
