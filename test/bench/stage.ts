// The place of a benchmark: one embedded Postgres 18, and in front of it everyone who takes part, each a process of its
// own on a port of its own, all of the loopback interface. Nobody's way to the database is encrypted.

import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createCredential } from '../../src/auth/credential.js'
import { mintToken } from '../../src/auth/token.js'
import type { Login } from '../../src/auth/database.js'
import { ensureCertificates } from '../../src/embedded/certificates.js'
import { createPersonalAccount, createPinnedAccount } from '../../src/store/account-lifecycle.js'
import { AccountRecords } from '../../src/store/account-records.js'
import { addDatabase } from '../../src/store/databases.js'
import { setGrant } from '../../src/store/grants.js'
import { createKey } from '../../src/store/keys.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore } from '../../src/store/pool.js'
import { Sealer } from '../../src/store/seal.js'
import { withTransaction } from '../../src/store/transaction.js'
import { provision } from '../../src/upstream/provision.js'
import { testServer } from '../support/postgres.js'
import { sealingKey, startPostern } from './postern.js'

/** See main.ts. */
export interface StageOptions {
  readonly build: string
  readonly against?: string | undefined
  readonly profile?: string | undefined
  readonly minutes: string
}

/** Somebody to connect to. */
export interface Contender {
  readonly name: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly dbname: string
  readonly tls: boolean
  /** The process that is in between, or null. */
  readonly pid: number | null
}

/** Where the contenders' database is, and a login there. */
export interface Upstream {
  readonly port: number
  readonly dbname: string
  readonly login: Login
}

/** A store with one account, and everything that a Postern in front of the database needs to know. */
export interface House {
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly token: string
}

const DATABASE = 'bench'

export class Stage {
  readonly options: StageOptions
  readonly #undo: (() => unknown)[] = []

  constructor(options: StageOptions) {
    this.options = options
  }

  /** How long to go on with rounds. */
  get budgetMs(): number {
    return Number(this.options.minutes) * 60_000
  }

  /** Has something done when the benchmark is over; the last comes first. */
  teardown(undo: () => Promise<void>): void {
    this.#undo.push(undo)
  }

  async clear(): Promise<void> {
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) await undo()
  }

  /** Makes a folder that everyone may enter: not all contenders like to be root. */
  async folder(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'postern-bench-'))
    await chmod(dir, 0o711)
    this.teardown(() => rm(dir, { recursive: true, force: true }))
    return dir
  }

  /** Starts the database server, with a database that is provisioned for Postern. */
  async database(): Promise<{ readonly upstream: Upstream; readonly house: House }> {
    const server = await testServer(this)
    const url = await server.freshDatabase()
    const dbname = new URL(url).pathname.slice(1)
    const target = { host: server.host, port: server.port, sslMode: 'disable', sslRootCert: null } as const
    const { logins } = await provision({ name: 'bench', admin: { target, dbname, ...server.superuser } })
    const upstream = { port: server.port, dbname, login: logins.writer }
    return { upstream, house: await this.house(await server.freshDatabase(), upstream) }
  }

  /** Fills a store so that the account `robot` may write to the upstream. */
  async house(storeUrl: string, { port, dbname, login }: Upstream): Promise<House> {
    await migrate(storeUrl)
    const store = openStore(storeUrl)
    const secretKey = randomBytes(32)
    const address = { host: '127.0.0.1', port, dbname, sslMode: 'disable', sslRootCert: null } as const
    const logins = { reader: login, writer: login, admin: login }
    const minted = mintToken()
    try {
      const database = await withTransaction(store, tx =>
        addDatabase(tx, new Sealer([sealingKey(secretKey)]), { ...address, name: DATABASE, announce: true, logins }),
      )
      const person = { email: 'admin@example.com', orgRole: 'admin', passwordHash: null } as const
      const maker = await createPersonalAccount(store, person)
      await setGrant(store, { accountId: maker.id, databaseId: database.id, role: 'admin' })
      const robot = { name: 'robot', role: 'writer', databaseIds: [database.id], makerId: maker.id } as const
      const account = await withTransaction(store, tx => createPinnedAccount(tx, robot))
      const { value: record } = await new AccountRecords(store).loadAccount(account.name)
      if (!record) throw new Error('the account is not there')
      const credential = await createCredential(minted.token, record.scram)
      await withTransaction(store, tx => createKey(tx, { id: minted.keyId, accountId: account.id, credential }, 50))
    } finally {
      await store.close()
    }
    const tls = await ensureCertificates(await this.folder())
    const listener = {
      host: '127.0.0.1',
      port: 0,
      tls: 'allow',
      certificate_file: tls.certFile,
      private_key_file: tls.keyFile,
    }
    const env = {
      POSTERN_STORE_URL: storeUrl,
      POSTERN_SECRET_KEY: secretKey.toString('base64'),
      POSTERN_LISTENERS: JSON.stringify([listener, { ...listener, auth: 'password' }]),
      POSTERN_METRICS_HOST: '127.0.0.1',
      POSTERN_METRICS_PORT: '0',
      POSTERN_DRAIN_TIMEOUT: '1s',
      POSTERN_LIMITS_CONNECTIONS_PER_ADDRESS: '5000',
    }
    return { env, user: 'robot', token: minted.token }
  }

  /** Starts Postern, and the other build to compare with; a contender for each way to log in. */
  async posterns(house: House): Promise<readonly Record<'scram' | 'tls' | 'password', Contender>[]> {
    const { build, against } = this.options
    const builds = [{ name: 'postern', dir: resolve(build) }]
    if (against !== undefined) builds.push({ name: 'other build', dir: resolve(against) })
    return Promise.all(
      builds.map(async ({ name, dir }) => {
        const { pid, ports } = await startPostern(this, dir, house)
        const base = { name, pid, user: house.user, password: house.token, dbname: DATABASE, tls: false }
        const [scram = 0, password = 0] = ports
        return {
          scram: { ...base, port: scram },
          tls: { ...base, name: `${name}, TLS`, port: scram, tls: true },
          password: { ...base, name: `${name}, password`, port: password },
        }
      }),
    )
  }
}

/** The database itself. */
export function direct({ port, dbname, login }: Upstream): Contender {
  return { name: 'direct', port, dbname, user: login.user, password: login.password, tls: false, pid: null }
}
