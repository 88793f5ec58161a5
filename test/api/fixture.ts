// An organization for the API's tests: a real store, real keys, real databases behind it, and the API over all of them.

import { randomBytes } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Role } from '../../src/auth/account.js'
import { ConsoleCookie } from '../../src/api/console-cookie.js'
import { createApi, type ApiLimits, type ApiParts, type ConsoleParts } from '../../src/api/server.js'
import { authenticateToken } from '../../src/auth/authenticate-token.js'
import { explainLogin } from '../../src/auth/explain-login.js'
import { createCredential } from '../../src/auth/credential.js'
import { Passwords } from '../../src/auth/password.js'
import { RevocationList } from '../../src/auth/revocation-list.js'
import { TokenVerifier } from '../../src/auth/token-verifier.js'
import { mintToken } from '../../src/auth/token.js'
import { createProvisioner } from '../../src/compose/provisioner.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { createPersonalAccount } from '../../src/store/account-lifecycle.js'
import type { Account, OrgRole } from '../../src/store/accounts.js'
import { Changes } from '../../src/store/changes.js'
import { identifyStore } from '../../src/store/identity.js'
import { createKey } from '../../src/store/keys.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore, type Store } from '../../src/store/pool.js'
import { Sealer } from '../../src/store/seal.js'
import { withTransaction } from '../../src/store/transaction.js'
import { conformanceOf } from './conformance.js'
import { testServer, type TestServer } from '../support/postgres.js'

interface Suite {
  teardown(handler: () => Promise<void>): void
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Person {
  readonly account: Account
  readonly token: string
  readonly keyId: string
}

export interface World {
  readonly server: TestServer
  readonly store: Store
  /** The superuser's URL of the store. */
  readonly url: string
  readonly app: FastifyInstance
  readonly observed: Parameters<ApiParts['observe']>[0][]
  readonly logged: object[]
  /** Asks as whoever has the token, or as nobody. Rejects when the answer is not as the OpenAPI document says. */
  ask(
    method: Method,
    url: string,
    token: string | null,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>
  person(email: string, orgRole: OrgRole): Promise<Person>
  /** Gives an account another key; `expiresAt` in epoch ms. */
  key(account: Account, expiresAt?: number): Promise<{ token: string; keyId: string }>
}

export interface WorldOptions {
  readonly limits?: Partial<ApiLimits>
  readonly connect?: Partial<ApiParts['connect']>
  readonly authenticate?: ApiParts['authenticate']
  readonly pinnedMakers?: ApiParts['pinnedMakers']
  readonly console?: Partial<ConsoleParts>
  /** The folder of a built console. Default: none was built. */
  readonly consoleDir?: string
}

const LIMITS: ApiLimits = {
  keysPerPersonalAccount: 5,
  keysPerServiceAccount: 50,
  requestsPerMinute: 100_000,
  tokenRevocationsPerMinute: 100_000,
}

const CONSOLE: Omit<ConsoleParts, 'passwords'> = {
  cookie: new ConsoleCookie(false),
  publicUrl: null,
  idleTimeoutMs: 8 * 3_600_000,
  maxAgeMs: 7 * 24 * 3_600_000,
  failuresPerAccount: 1000,
  failuresPerAddress: 1000,
  failureWindowMs: 900_000,
  invitationMs: 7 * 24 * 3_600_000,
}

/** Starts a server for a whole test file; `world` makes an organization of its own on it. */
export async function worlds(t: Suite): Promise<(t: Suite, options?: WorldOptions) => Promise<World>> {
  const server = await testServer(t)
  return (t, options = {}) => makeWorld(t, server, options)
}

async function makeWorld(t: Suite, server: TestServer, options: WorldOptions): Promise<World> {
  const url = await server.freshDatabase()
  await migrate(url)
  const store = openStore(url)
  const observed: World['observed'] = []
  const logged: object[] = []
  const app = await createApi({
    store,
    sealer: new Sealer([{ id: 'test', key: randomBytes(32) }]),
    ...(await authentication(store)),
    ...(options.authenticate && { authenticate: options.authenticate }),
    provisioner: createProvisioner(() => identifyStore(store)),
    connect: { host: () => 'proxy.example.com', port: () => 6432, tls: 'require', caFile: null, ...options.connect },
    limits: { ...LIMITS, ...options.limits },
    pinnedMakers: options.pinnedMakers ?? 'members',
    console: { ...CONSOLE, passwords: new Passwords({ concurrency: 2, maxQueue: 100 }), ...options.console },
    consoleDir: options.consoleDir ?? '/nonexistent',
    trustedProxies: [],
    // Longer than a test file takes on a slow machine: an instance that a test reports is not forgotten meanwhile.
    reports: { silentAfterMs: 3_600_000, goneAfterMs: 3_600_000 },
    observe: request => observed.push(request),
    keyUsed: () => undefined,
    log: { error: fields => logged.push(fields) },
    version: '1.2.3',
  })
  t.teardown(async () => {
    await app.close()
    await store.close()
  })
  const checkConformance = conformanceOf(app)
  const key: World['key'] = async (account, expiresAt) => {
    const { keyId, token } = mintToken()
    const credential = await createCredential(token, account.scram)
    const made = { id: keyId, accountId: account.id, credential, expiresAt: expiresAt ?? null }
    await withTransaction(store, tx => createKey(tx, made, 1000))
    return { token, keyId }
  }
  return {
    server,
    store,
    url,
    app,
    observed,
    logged,
    key,
    ask: async (method, path, token, body, headers = {}) => {
      const response = await app.inject({
        method,
        url: path,
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
        ...(body === undefined ? {} : { payload: body }),
      })
      checkConformance(method, path, response)
      return response
    },
    person: async (email, orgRole) => {
      const account = await createPersonalAccount(store, { email, orgRole, passwordHash: null })
      return { account, ...(await key(account)) }
    },
  }
}

/** Real authentication, as the control plane puts it together. */
async function authentication(store: Store): Promise<Pick<ApiParts, 'authenticate' | 'explainLogin'>> {
  const now = () => performance.now()
  const revocations = new RevocationList({ maxAgeMs: 300_000, loginTimeoutMs: 15_000, now })
  const startedAt = now()
  revocations.apply(await new Changes(store).readChanges(0, 1000), startedAt)
  const verifier = new TokenVerifier({
    maxVerdicts: 1000,
    maxAgeMs: 300_000,
    concurrency: 2,
    maxQueue: 100,
    now,
    events: { cacheAsked: () => undefined, hashed: () => undefined },
  })
  const source = new AccountRecords(store)
  return {
    authenticate: shown => authenticateToken(shown, { source, verifier, revocations }),
    explainLogin: (account, login) => explainLogin(account, login, revocations),
  }
}

/** Registers a database that Postern provisions on the test's own server. */
export async function addDatabase(world: World, admin: Person, name: string): Promise<LightMyRequestResponse> {
  const url = await world.server.freshDatabase()
  return world.ask('POST', '/v1/databases', admin.token, { name, url, provision: true })
}

export async function grant(world: World, admin: Person, to: Person, database: string, role: string): Promise<void> {
  const path = `/v1/databases/${encodeURIComponent(database)}/grants/${encodeURIComponent(to.account.name)}`
  const response = await world.ask('PUT', path, admin.token, { role })
  if (response.statusCode !== 200) throw new Error(response.payload)
}

export async function serviceAccount(
  world: World,
  maker: Person,
  { name, role = 'reader', databases = ['shop'] }: { name: string; role?: string; databases?: string[] },
): Promise<{ name: string; token: string; keyId: string }> {
  const scope = { type: 'pinned', role, databases }
  return withKey(world, maker, { name, scope })
}

/** Makes a group that gives these roles, by database. */
export async function group(
  world: World,
  admin: Person,
  settings: { name: string; organization_admin?: boolean },
  grants: Record<string, Role> = {},
): Promise<void> {
  const made = await world.ask('POST', '/v1/groups', admin.token, settings)
  if (made.statusCode !== 201) throw new Error(made.payload)
  for (const [database, role] of Object.entries(grants)) {
    const path = `/v1/groups/${settings.name}/grants/${encodeURIComponent(database)}`
    const response = await world.ask('PUT', path, admin.token, { role })
    if (response.statusCode !== 200) throw new Error(response.payload)
  }
}

/** Makes a service account that is in these groups, with a key. */
export function groupsAccount(world: World, admin: Person, name: string, groups: string[]) {
  return withKey(world, admin, { name, scope: { type: 'groups', groups } })
}

async function withKey(world: World, maker: Person, account: { name: string; scope: object }) {
  const { name } = account
  const made = await world.ask('POST', '/v1/service-accounts', maker.token, account)
  if (made.statusCode !== 201) throw new Error(made.payload)
  const created = await world.ask('POST', `/v1/accounts/${name}/keys`, maker.token, {})
  const { key, token } = created.json<{ key: { id: string }; token: string }>()
  return { name, token, keyId: key.id }
}
