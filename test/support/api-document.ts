// The OpenAPI document of the API. Nothing is asked of its parts for that: the store's URL leads nowhere.

import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { ConsoleCookie } from '../../src/api/console-cookie.js'
import { createApi } from '../../src/api/server.js'
import { Passwords } from '../../src/auth/password.js'
import { openStore } from '../../src/store/pool.js'
import { Sealer } from '../../src/store/seal.js'

const unused = () => Promise.reject(new Error('not to be used'))

/** Makes an API whose routes and document are the real ones and whose parts lead nowhere. Close it. */
export function unconnectedApi({ consoleDir = '/nonexistent' } = {}): Promise<FastifyInstance> {
  return createApi({
    store: openStore('postgres://127.0.0.1:1/none'),
    sealer: new Sealer([{ id: 'test', key: randomBytes(32) }]),
    authenticate: unused,
    explainLogin: () => 'unknown_account',
    provisioner: { parseUrl: unused, provision: unused, prove: unused },
    connect: { host: () => null, port: () => 6432, tls: 'require', caFile: null },
    limits: {
      keysPerPersonalAccount: 5,
      keysPerServiceAccount: 50,
      requestsPerMinute: 600,
      tokenRevocationsPerMinute: 30,
    },
    pinnedMakers: 'members',
    console: {
      cookie: new ConsoleCookie(false),
      publicUrl: null,
      idleTimeoutMs: 28_800_000,
      maxAgeMs: 604_800_000,
      failuresPerAccount: 10,
      failuresPerAddress: 50,
      failureWindowMs: 900_000,
      invitationMs: 604_800_000,
      passwords: new Passwords({ concurrency: 1, maxQueue: 1 }),
    },
    consoleDir,
    trustedProxies: [],
    reports: { silentAfterMs: 25_000, goneAfterMs: 310_000 },
    observe: () => undefined,
    keyUsed: () => undefined,
    log: { error: () => undefined },
    version: '0.0.0',
  })
}

export async function apiDocument(): Promise<object> {
  const app = await unconnectedApi()
  try {
    return app.swagger()
  } finally {
    await app.close()
  }
}
