// The REST API: Fastify, its plugins, and the routes. A route is a schema and a short handler.

import cookies from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyInstance,
  type FastifyBaseLogger,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccountRecord } from '../auth/account.js'
import type { ShownToken } from '../auth/authenticate-token.js'
import type { ExplainedLogin, explainLogin } from '../auth/explain-login.js'
import type { Passwords } from '../auth/password.js'
import type { Principal } from '../auth/principal.js'
import type { Loaded } from '../auth/sources.js'
import { isWithin, networkOf, ONE_CLIENT } from '../model/network.js'
import type { Store } from '../store/pool.js'
import type { Sealer } from '../store/seal.js'
import { recordRefusal } from './audit-trail.js'
import { guardRoutes, type ConsoleTerms } from './authorize.js'
import { consolePages } from './console-pages.js'
import type { ListenerTls } from './connection-uri.js'
import { handleError, type ErrorLog } from './error-handler.js'
import { sendEtags } from './etag.js'
import type { FailureTerms } from './failure-limits.js'
import { takeIdempotencyKeys } from './idempotency.js'
import { documentRoutes, isDocumentUrl } from './openapi.js'
import { Problem } from './problem.js'
import type { Provisioner } from './provisioner.js'
import { refuseTokens } from './refuse-tokens.js'
import { acceptInvitationRoutes } from './routes/accept-invitation.js'
import { accountKeyRoutes } from './routes/account-keys.js'
import { auditEventRoutes } from './routes/audit-events.js'
import { connectRoutes } from './routes/connect.js'
import { databaseAccessRoutes } from './routes/database-access.js'
import { databaseRoutes } from './routes/databases.js'
import { expiringKeyRoutes } from './routes/expiring-keys.js'
import { explainRoutes } from './routes/explain.js'
import { grantRoutes } from './routes/grants.js'
import { groupGrantRoutes } from './routes/group-grants.js'
import { groupMemberRoutes } from './routes/group-members.js'
import { groupRoutes } from './routes/groups.js'
import { healthRoutes } from './routes/health.js'
import { invitationRoutes } from './routes/invitations.js'
import { keyRotationRoutes } from './routes/key-rotation.js'
import { instanceRoutes } from './routes/instances.js'
import { loginCountRoutes } from './routes/login-counts.js'
import { keyRoutes } from './routes/keys.js'
import { loginBlockRoutes } from './routes/login-blocks.js'
import { loginRoutes } from './routes/login.js'
import { meConsoleRoutes } from './routes/me-console.js'
import { meRoutes } from './routes/me.js'
import { passwordLinkRoutes } from './routes/password-links.js'
import { serviceAccountStateRoutes } from './routes/service-account-state.js'
import { serviceAccountRoutes } from './routes/service-accounts.js'
import { sessionRoutes } from './routes/sessions.js'
import { tokenRevocationRoutes } from './routes/token-revocation.js'
import { userStateRoutes } from './routes/user-state.js'
import { userRoutes } from './routes/users.js'
import { answerUnreadable } from './unreadable-request.js'
import { compileValidator } from './validation.js'

export interface ApiLimits {
  readonly keysPerPersonalAccount: number
  readonly keysPerServiceAccount: number
  /** By address. */
  readonly requestsPerMinute: number
  /** By address; these need no login. */
  readonly tokenRevocationsPerMinute: number
}

/** The console's side of the API: people who sign in. */
export interface ConsoleParts extends ConsoleTerms, FailureTerms {
  /** How long a session lasts at most. */
  readonly maxAgeMs: number
  /** How long an invitation's link works. */
  readonly invitationMs: number
  readonly passwords: Passwords
}

export interface ApiParts {
  readonly store: Store
  readonly sealer: Sealer
  /** Rejects with a Refusal, a StoreError or BusyError. */
  readonly authenticate: (shown: ShownToken) => Promise<Principal>
  /** What such a login of this account would come to. */
  readonly explainLogin: (account: Loaded<AccountRecord>, login: ExplainedLogin) => ReturnType<typeof explainLogin>
  readonly provisioner: Provisioner
  /** Where clients find the proxy, for connection strings. */
  readonly connect: {
    /** null: where they find the API. */
    host(): string | null
    port(): number
    readonly tls: ListenerTls
    /** Path of the PEM file that clients need to check the proxy's certificate; null: an authority that they know. */
    readonly caFile: string | null
  }
  readonly limits: ApiLimits
  /** Who may make pinned service accounts; those there are stay. */
  readonly pinnedMakers: 'members' | 'admins'
  readonly console: ConsoleParts
  /** The folder of the built console. */
  readonly consoleDir: string
  /** Addresses and networks whose X-Forwarded-… headers are believed. */
  readonly trustedProxies: readonly string[]
  /** How long reports of instances count. */
  readonly reports: {
    /** An instance not heard of for longer has missed its last reports: what it said of its sessions is not shown. */
    readonly silentAfterMs: number
    /** Not heard of for longer, it can have no sessions any more. */
    readonly goneAfterMs: number
  }
  /** Hears of every answer. `route` is the pattern and not the address: a closed set. */
  readonly observe: (request: { route: string; method: string; status: number; seconds: number }) => void
  /** Hears of every request that came with a key that may be used. */
  readonly keyUsed: (use: { keyId: string; address: string; userAgent: string | undefined }) => void
  readonly log: ErrorLog
  readonly version: string
  /** PEM of the API's own certificate and key. Default: plain HTTP. */
  readonly https?: { readonly cert: string; readonly key: string } | null
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

const MAX_BODY_BYTES = 16 * 1024
/** Characters of one parameter of a path, decoded. The longest name, an e-mail address, has 254. */
const MAX_PARAM_LENGTH = 1000
/** The longest that a request may take to arrive. */
const REQUEST_TIMEOUT_MS = 30_000
/** Addresses whose requests are counted; the one not seen for longest is forgotten first. */
const MAX_COUNTED_ADDRESSES = 10_000
const MINUTE_MS = 60_000

/** Makes the API, ready to listen or to be asked in memory. Close it when done; the parts stay open. */
export async function createApi(parts: ApiParts): Promise<FastifyInstance> {
  const app = createServer(parts)
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched')
    const seconds = reply.elapsedTime / 1000
    parts.observe({ route, method: request.method, status: reply.statusCode, seconds })
    const { keyId } = (request.caller as FastifyRequest['caller'] | undefined) ?? { keyId: null }
    if (keyId !== null) parts.keyUsed({ keyId, address: request.ip, userAgent: request.headers['user-agent'] })
  })
  // The API serves data and no pages; /docs and the console have policies of their own.
  const directives = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] }
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    // Says nothing of other hosts of the domain: they are not ours to decide on.
    strictTransportSecurity: parts.https ? { includeSubDomains: false } : false,
  })
  await app.register(rateLimit, {
    max: () => parts.limits.requestsPerMinute,
    timeWindow: MINUTE_MS,
    cache: MAX_COUNTED_ADDRESSES,
    keyGenerator: request => networkOf(request.ip, ONE_CLIENT),
    errorResponseBuilder: (_request, { after }) => new Problem('too_many_requests', `Try again in ${after}.`),
  })
  await app.register(cookies)
  guardRoutes(app, { ...parts, isPublicPlugin: isDocumentUrl })
  refuseTokens(app)
  sendEtags(app)
  takeIdempotencyKeys(app, parts)
  const showPage = consolePages(app, parts.consoleDir)
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) => {
    const page = showPage(request, reply)
    if (page === null) throw new Problem('route_not_found')
    return reply.code(reply.statusCode === 404 ? 200 : reply.statusCode).send(page)
  })
  await documentRoutes(app, parts.version, parts.console.cookie.name)
  healthRoutes(app)
  await app.register(async v1 => registerV1(v1.withTypeProvider<TypeBoxTypeProvider>(), parts), { prefix: '/v1' })
  await app.ready()
  return app
}

function createServer({ log, https, store, trustedProxies }: ApiParts): Api {
  const onError = handleError(log, (request, problem, reference) => recordRefusal(store, request, problem, reference))
  const options = {
    logger: false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // Not the list: Fastify's own parser of networks reads some texts as others than ours.
    trustProxy: trustedProxies.length > 0 && ((address: string) => isWithin(address, trustedProxies)),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    frameworkErrors: onError,
    clientErrorHandler: answerUnreadable,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Fastify takes https at run time from the same options; its types know it from an overload of its own.
    ...(https ? { https } : {}),
  } as const
  const app = Fastify(options).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(compileValidator)
  app.setErrorHandler(onError)
  app.removeContentTypeParser('text/plain')
  return app
}

function registerV1(app: Api, parts: ApiParts): void {
  loginRoutes(app, parts)
  meRoutes(app, parts)
  meConsoleRoutes(app, parts)
  userRoutes(app, parts)
  userStateRoutes(app, parts)
  passwordLinkRoutes(app, parts)
  invitationRoutes(app, parts)
  acceptInvitationRoutes(app, parts)
  databaseRoutes(app, parts)
  connectRoutes(app, parts)
  databaseAccessRoutes(app, parts)
  explainRoutes(app, parts)
  grantRoutes(app, parts)
  groupRoutes(app, parts)
  groupMemberRoutes(app, parts)
  groupGrantRoutes(app, parts)
  serviceAccountRoutes(app, parts)
  serviceAccountStateRoutes(app, parts)
  accountKeyRoutes(app, parts)
  keyRoutes(app, parts)
  expiringKeyRoutes(app, parts)
  keyRotationRoutes(app, parts)
  tokenRevocationRoutes(app, parts)
  auditEventRoutes(app, parts)
  sessionRoutes(app, parts)
  instanceRoutes(app, parts)
  loginBlockRoutes(app, parts)
  loginCountRoutes(app, parts)
}
