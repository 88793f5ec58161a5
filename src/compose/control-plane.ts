// Puts the API together from the settings and from what the instance knows.

import type { FastifyInstance } from 'fastify'
import { join } from 'node:path'
import { Server as TlsServer } from 'node:tls'
import { ConsoleCookie } from '../api/console-cookie.js'
import { createApi, type ConsoleParts } from '../api/server.js'
import { authenticateToken } from '../auth/authenticate-token.js'
import { explainLogin } from '../auth/explain-login.js'
import { Passwords } from '../auth/password.js'
import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import type { ApiRequest } from '../ops/labels.js'
import { live } from '../settings/live.js'
import type { Settings } from '../settings.js'
import { identifyStore } from '../store/identity.js'
import type { Bookkeeping } from './bookkeeping.js'
import type { Pems } from './certificate-files.js'
import type { Certificates } from './certificates.js'
import type { Knowledge } from './knowledge.js'
import { createProvisioner } from './provisioner.js'
import { reportAges } from './report-ages.js'
import { version } from './version.js'

export interface ControlPlaneOptions {
  readonly settings: Settings
  readonly knowledge: Knowledge
  readonly certificates: Certificates
  readonly books: Bookkeeping
  readonly metrics: Metrics
  readonly log: Logger
  /** The port that the proxy of this process got, if one runs here and listens. */
  readonly proxyPort: () => number | undefined
}

// Where it was built, for what runs from src as for what runs from dist.
const CONSOLE_DIR = join(import.meta.dirname, '../../dist/console')

/** Makes the API; it does not listen yet. */
export async function createControlPlane(options: ControlPlaneOptions): Promise<FastifyInstance> {
  const { settings, knowledge, books, certificates, metrics, log, proxyPort } = options
  const { api, keys, listeners } = settings
  const { store, sealer, accountRecords, verifier, revocations } = knowledge
  const [listener] = listeners
  const certificate = certificates.open('api', api)
  const app = await createApi({
    store,
    sealer,
    authenticate: shown => authenticateToken(shown, { source: accountRecords, verifier, revocations }),
    explainLogin: (account, login) => explainLogin(account, login, revocations),
    provisioner: createProvisioner(() => identifyStore(store)),
    connect: {
      host: () => api.publicProxyHost,
      port: () => api.publicProxyPort ?? proxyPort() ?? listener?.port ?? 6432,
      tls: listener?.tls ?? 'require',
      caFile: api.publicCaFile,
    },
    limits: live(() => ({
      keysPerPersonalAccount: keys.maxPerPersonalAccount,
      keysPerServiceAccount: keys.maxPerServiceAccount,
      requestsPerMinute: api.rateLimit.requests,
      tokenRevocationsPerMinute: api.rateLimit.tokenRevocations,
    })),
    get pinnedMakers() {
      return settings.serviceAccounts.pinnedMakers
    },
    console: consoleOf(settings),
    consoleDir: CONSOLE_DIR,
    trustedProxies: api.trustedProxies,
    reports: reportAges(settings),
    observe: ({ route, method, status, seconds }) =>
      metrics.apiRequestDuration.observe({ route, method: method as ApiRequest['method'], status }, seconds),
    keyUsed: use => books.keyUses.asked(use),
    log,
    version,
    https: certificate && certificate.pems,
  })
  certificate?.whenRenewed(pems => showCertificate(app, pems))
  return app
}

/** Connections that are open keep the certificate that they began with. */
function showCertificate({ server }: FastifyInstance, pems: Pems): void {
  if (server instanceof TlsServer) server.setSecureContext({ ...pems })
}

// One password at a time, beside the tokens that the proxy checks: people at the console take no turn of theirs. At about
// 20 ms each, the last in the queue waits for two seconds.
const PASSWORD_TURNS = { concurrency: 1, maxQueue: 100 }

function consoleOf({ api, console, invitations }: Settings): ConsoleParts {
  const isSecure = api.certificateFile !== null || api.publicUrl?.startsWith('https:') === true
  return {
    cookie: new ConsoleCookie(isSecure),
    publicUrl: api.publicUrl,
    ...console,
    invitationMs: invitations.expiresAfterMs,
    passwords: new Passwords(PASSWORD_TURNS),
  }
}
