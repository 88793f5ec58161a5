// Where faults happen: instances of Postern, each a process with a faulty wire to the store that they share, and a database
// behind them. What is set up and revoked goes through their API, as people do it.

import { randomBytes } from 'node:crypto'
import { createPostern } from '../../src/sdk/client.js'
import { openStore, type Store } from '../../src/store/pool.js'
import { faultyWire, type FaultyWire, type Mode } from '../support/faulty-wire.js'
import { watchSecret, watchText } from '../support/leak-watch.js'
import { postern, type Running } from '../support/postern.js'
import type { TestServer } from '../support/postgres.js'

export type Api = ReturnType<typeof createPostern>

/** An account with a key. */
export interface Member {
  readonly name: string
  readonly keyId: string
  readonly token: string
}

/** One process of `postern serve`. */
export interface FaultyInstance {
  readonly process: Running
  /** Its way to the store. */
  readonly wire: FaultyWire
  /** Its API, as the admin. */
  readonly api: Api
  readonly proxyPort: number
  uri(member: Member): string
  /** The value of a metric, summed over the series that have all these labels. */
  metric(name: string, labels?: Record<string, string>): Promise<number>
  /** The status of /livez. */
  live(): Promise<number>
  /** What /readyz says. */
  ready(): Promise<{ readonly status: number; readonly reasons: readonly string[] }>
}

export interface Stage {
  /** The store, past all wires. */
  readonly store: Store
  readonly storeUrl: string
  /** Whose grant the accounts below rest on. */
  readonly admin: Member
  /** Starts one more instance; it is killed when the test ends. Its way to the store may be broken from the start. */
  instance(options?: { readonly env?: Record<string, string>; readonly mode?: Mode }): Promise<FaultyInstance>
  /** Registers the database at a superuser's URL, and lets the admin reach it. */
  addDatabase(on: FaultyInstance, name: string, url: string): Promise<void>
  /** Makes a pinned service account with a key. */
  account(on: FaultyInstance): Promise<Member>
  /** Makes a key for an account. */
  key(on: FaultyInstance, account: string): Promise<Member>
}

/** What a stage is taken down with. */
interface Scene {
  teardown(end: () => Promise<void>): void
}

export interface StageOptions {
  /** The server of the store. */
  readonly server: TestServer
  /** The server of the database `shop`. Default: the same. */
  readonly upstream?: TestServer
  /** Settings of all instances, by their variable's name. */
  readonly env?: Record<string, string>
}

const ADMIN = 'admin@example.com'

/** Sets the stage: a store with an admin and the database `shop`, and no instance yet. */
export async function setStage(t: Scene, { server, upstream = server, env = {} }: StageOptions): Promise<Stage> {
  const [storeUrl, shopUrl] = [await server.freshDatabase(), await upstream.freshDatabase()]
  const secretKey = randomBytes(32).toString('base64')
  watchSecret(secretKey)
  const settings = {
    POSTERN_STORE_URL: storeUrl,
    POSTERN_SECRET_KEY: secretKey,
    POSTERN_LISTENERS: JSON.stringify([{ host: '127.0.0.1', port: 0, tls: 'off' }]),
    POSTERN_API_PORT: '0',
    POSTERN_METRICS_PORT: '0',
    POSTERN_REVOCATION_REFRESH: '1s',
    POSTERN_REVOCATION_HEARTBEAT: '1s',
    POSTERN_SESSIONS_REPORT: '1s',
    POSTERN_API_RATE_LIMIT_REQUESTS: '100000',
    POSTERN_API_RATE_LIMIT_TOKEN_REVOCATIONS: '100000',
    ...env,
  }
  const migrated = postern(t, ['migrate', '--admin', ADMIN], settings)
  if ((await migrated.ended) !== 0) throw new Error(migrated.stderr())
  const token = migrated.stdout().trim()
  watchSecret(token)
  const store = openStore(storeUrl, { onError: () => {} })
  t.teardown(() => store.close())

  let made = 0
  let isSetUp = false
  const stage: Stage = {
    store,
    storeUrl,
    admin: { name: ADMIN, keyId: token.slice(5, 17), token },
    async instance({ env: own = {}, mode = 'pass' } = {}) {
      const instance = await startInstance(t, { storeUrl, token, mode, env: { ...settings, ...own } })
      if (!isSetUp) await stage.addDatabase(instance, 'shop', shopUrl)
      isSetUp = true
      return instance
    },
    async addDatabase({ api }, name, url) {
      await api.POST('/v1/databases', { body: { name, url: `${url}?sslmode=disable`, provision: true } })
      const path = { name, account: ADMIN }
      await api.PUT('/v1/databases/{name}/grants/{account}', { params: { path }, body: { role: 'admin' } })
    },
    async account(on) {
      const name = `robot-${String(++made)}`
      const scope = { type: 'pinned' as const, role: 'reader' as const, databases: ['shop'] }
      await on.api.POST('/v1/service-accounts', { body: { name, scope } })
      return stage.key(on, name)
    },
    async key(on, name) {
      const { data } = await on.api.POST('/v1/accounts/{account}/keys', {
        params: { path: { account: name } },
        body: {},
      })
      watchSecret(data.token)
      return { name, keyId: data.key.id, token: data.token }
    },
  }
  return stage
}

interface Start {
  readonly storeUrl: string
  readonly token: string
  readonly mode: Mode
  readonly env: Record<string, string>
}

async function startInstance(t: Scene, { storeUrl, token, mode, env }: Start): Promise<FaultyInstance> {
  const { hostname: host, port } = new URL(storeUrl)
  const wire = await faultyWire(t, { host, port: Number(port) })
  wire.set(mode)
  const throughWire = new URL(storeUrl)
  throughWire.port = String(wire.port)
  const process = postern(t, ['serve'], { ...env, POSTERN_STORE_URL: throughWire.href })
  t.teardown(async () => watchText(process.stdout()))
  // Behind a broken wire it is not ready, and still listens.
  const ready = JSON.parse(await process.line(mode === 'pass' ? /"msg":"ready"/ : /"msg":"listening"/)) as {
    proxy: { port: number }[]
    api: string
    metrics: string
  }
  const proxyPort = ready.proxy[0]?.port ?? 0
  return {
    process,
    wire,
    api: createPostern({ url: ready.api, token }),
    proxyPort,
    uri: ({ name, token }) =>
      `postgresql://${encodeURIComponent(name)}:${token}@127.0.0.1:${String(proxyPort)}/shop?sslmode=disable`,
    metric: async (name, labels = {}) => sumOf(await (await fetch(`${ready.metrics}/metrics`)).text(), name, labels),
    live: async () => (await fetch(`${ready.metrics}/livez`)).status,
    async ready() {
      const answer = await fetch(`${ready.metrics}/readyz`)
      const { reasons } = (await answer.json()) as { reasons: string[] }
      return { status: answer.status, reasons }
    },
  }
}

function sumOf(metrics: string, name: string, labels: Record<string, string>): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return metrics
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter(line => wanted.every(label => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
