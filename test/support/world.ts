// A whole Postern for integration tests: a real server as store and upstream, a provisioned database, a proxy with every
// kind of listener, and short ways to make accounts and keys. What it logs, and which secrets it hands
// out, is kept for the search at the end of the run (find-leaks.ts).

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Test } from 'tap'
import { createCredential } from '../../src/auth/credential.js'
import type { Role } from '../../src/auth/account.js'
import { mintToken } from '../../src/auth/token.js'
import { createProvisioner } from '../../src/compose/provisioner.js'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { loadSettings } from '../../src/load-settings.js'
import { createLogger } from '../../src/ops/log.js'
import { startInstance, type Instance, type Part } from '../../src/serve.js'
import { createPersonalAccount, createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { addDatabase, type Database } from '../../src/store/databases.js'
import { setGrant } from '../../src/store/grants.js'
import { identifyStore } from '../../src/store/identity.js'
import { createKey, revokeKey } from '../../src/store/keys.js'
import { migrate } from '../../src/store/migrate.js'
import type { Store } from '../../src/store/pool.js'
import { withTransaction } from '../../src/store/transaction.js'
import type { HostNames } from '../../src/upstream/host-names.js'
import { watchSecret, watchText } from './leak-watch.js'
import { testServer, type TestServer } from './postgres.js'

export interface Member {
  readonly id: string
  readonly name: string
  readonly keyId: string
  readonly token: string
}

/** The listeners of every world, by what they offer. */
export const LISTENERS = ['scram', 'tlsOnly', 'noTls', 'password'] as const

export interface World {
  readonly server: TestServer
  readonly instance: Instance
  readonly store: Store
  /** The superuser's URL of the store. */
  readonly storeUrl: string
  /** The superuser's URL of the registered database, past the proxy. */
  readonly direct: string
  readonly database: Database
  /** File of the certificate authority that the listeners' certificate is from. */
  readonly ca: string
  readonly admin: { readonly id: string; readonly name: string }
  /** Every line that was logged, parsed. */
  readonly log: Record<string, unknown>[]
  port(listener?: (typeof LISTENERS)[number]): number
  /** Makes a pinned service account with one key. */
  account(options?: { name?: string; role?: Role; expiresAt?: number }): Promise<Member>
  /** Makes one more key for an account. */
  key(account: { readonly id: string; readonly name: string }, options?: { expiresAt?: number }): Promise<Member>
  revoke(member: Member): Promise<void>
  /** A connection URI through the proxy. */
  uri(
    member: Pick<Member, 'name' | 'token'>,
    options?: { listener?: (typeof LISTENERS)[number]; query?: string; database?: string; on?: Instance },
  ): string
  /** Starts one more instance on the same store, with settings of its own; it ends with the test. */
  another(options?: Pick<WorldOptions, 'env' | 'only'>): Promise<Instance>
  /** Puts the instance's clock forward, at once: everything it knows is so much older then. */
  skip(ms: number): void
  /** The metrics' text. */
  metrics(): Promise<string>
}

export interface WorldOptions {
  /** Settings by their variable's name, as in `POSTERN_LOGIN_TIMEOUT`. */
  readonly env?: Record<string, string>
  /** What the instance runs. Default: the proxy alone. */
  readonly only?: Part | 'both'
  /** How the instance finds upstream hosts. Default: as in production. */
  readonly names?: HostNames
  readonly server?: TestServer
}

/** Makes a world that ends with the test `t`. Takes about three seconds, most of them for the server. */
export async function makeWorld(t: Test, options: WorldOptions = {}): Promise<World> {
  const server = options.server ?? (await testServer(t))
  const [storeUrl, direct] = [await server.freshDatabase(), await server.freshDatabase()]
  const dir = await mkdtemp(join(tmpdir(), 'postern-world-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const tls = await ensureCertificates(dir)
  await migrate(storeUrl)

  const lines: string[] = []
  let skipped = 0
  watchSecret(server.superuser.password)
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().split('\n').filter(Boolean))
      watchText(chunk.toString())
      done()
    },
  })
  const files = { certificate_file: tls.certFile, private_key_file: tls.keyFile }
  const listener = (extra: object) => ({ host: '127.0.0.1', port: 0, tls: 'allow', ...files, ...extra })
  const secretKey = randomBytes(32).toString('base64')
  watchSecret(secretKey)
  const env = {
    POSTERN_STORE_URL: storeUrl,
    POSTERN_SECRET_KEY: secretKey,
    POSTERN_LISTENERS: JSON.stringify([
      listener({}),
      listener({ tls: 'require' }),
      { host: '127.0.0.1', port: 0, tls: 'off' },
      listener({ auth: 'password' }),
    ]),
    POSTERN_API_PORT: '0',
    POSTERN_METRICS_PORT: '0',
    POSTERN_DRAIN_TIMEOUT: '1s',
    ...options.env,
  }
  const start = async ({ env: extra = {}, only = 'proxy' }: Pick<WorldOptions, 'env' | 'only'>): Promise<Instance> => {
    const settings = loadSettings({ env: { ...env, ...extra } })
    const instance = await startInstance(settings, createLogger({ level: 'debug', destination }), {
      only: only === 'both' ? undefined : only,
      now: () => performance.now() + skipped,
      names: options.names,
    })
    t.teardown(() => instance.stop())
    return instance
  }
  const instance = await start(options)

  const { store, sealer, accountRecords } = instance.knowledge
  const provisioner = createProvisioner(() => identifyStore(store))
  const name = new URL(direct).pathname.slice(1)
  const { address, logins } = await provisioner.provision({ name, url: direct, sslRootCert: null })
  for (const { password } of Object.values(logins)) watchSecret(password)
  const database = await withTransaction(store, tx =>
    addDatabase(tx, sealer, { ...address, name: 'shop', announce: true, logins }),
  )
  const admin = await createPersonalAccount(store, { email: 'admin@example.com', orgRole: 'admin', passwordHash: null })
  await setGrant(store, { accountId: admin.id, databaseId: database.id, role: 'admin' })

  let made = 0
  const world: World = {
    server,
    instance,
    store,
    storeUrl,
    direct,
    database,
    ca: tls.caFile,
    admin,
    get log() {
      return lines.map(line => JSON.parse(line) as Record<string, unknown>)
    },
    port: (listener = 'scram') => portOf(instance, listener),
    async account({ name = `robot-${++made}`, role = 'reader', expiresAt } = {}) {
      const pinned = { name, role, databaseIds: [database.id], makerId: admin.id }
      const account = await withTransaction(store, tx => createPinnedAccount(tx, pinned))
      return world.key(account, expiresAt === undefined ? {} : { expiresAt })
    },
    async key({ id, name }, { expiresAt } = {}) {
      const { value: record } = await accountRecords.loadAccount(name)
      if (!record) throw new Error('no such account')
      const minted = mintToken()
      watchSecret(minted.token)
      const credential = await createCredential(minted.token, record.scram)
      const key = { id: minted.keyId, accountId: id, credential, ...(expiresAt !== undefined && { expiresAt }) }
      await withTransaction(store, tx => createKey(tx, key, 50))
      return { id, name, keyId: minted.keyId, token: minted.token }
    },
    revoke: async ({ keyId }) => void (await revokeKey(store, keyId)),
    uri: (
      { name, token },
      { listener = 'scram', query = 'sslmode=disable', database = 'shop', on = instance } = {},
    ) => {
      const port = portOf(on, listener)
      return `postgresql://${encodeURIComponent(name)}:${token}@127.0.0.1:${port}/${encodeURIComponent(database)}?${query}`
    },
    another: (options = {}) => start(options),
    skip: ms => void (skipped += ms),
    metrics: async () => (await fetch(`${instance.metrics}/metrics`)).text(),
  }
  return world
}

function portOf({ proxy }: Instance, listener: (typeof LISTENERS)[number]): number {
  return proxy[LISTENERS.indexOf(listener)]?.port ?? 0
}
