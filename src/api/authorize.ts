// The one door of the API: finds out who calls, and whether they have the permission that the route declares.

import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { AccountRecord } from '../auth/account.js'
import type { ShownToken } from '../auth/authenticate-token.js'
import type { Principal } from '../auth/principal.js'
import { reach, type Reach } from '../auth/policy.js'
import { AccountRecords } from '../store/account-records.js'
import { getAccount, type Account } from '../store/accounts.js'
import { findConsoleSession, type ConsoleSession } from '../store/console-sessions.js'
import type { Executor, Store } from '../store/pool.js'
import { bringsCsrfToken, csrfToken, hashSecret, type ConsoleCookie } from './console-cookie.js'
import { isSafe, refuseForeignOrigin } from './cross-site.js'
import { hasPermission, type Permission } from './permissions.js'
import { Problem } from './problem.js'
import type { ProblemCode } from './problems.js'

/** Who calls, as the store knew them when the request came. */
export interface Caller {
  readonly account: Account
  /** The same account as authentication sees it: what policy decides on. */
  readonly record: AccountRecord
  /** How they showed who they are. */
  readonly via: 'key' | 'console'
  /** null: by the console's cookie. */
  readonly keyId: string | null
  /** The session of the cookie and what a request that changes things must bring beside it; null: by a key. */
  readonly console: { readonly sessionId: string; readonly csrfToken: string } | null
  /** Admins of the organization see all databases; what they reach through the proxy is still what this says. */
  readonly reach: readonly Reach[]
  readonly isAdmin: boolean
  /** Admins and viewers see the whole organization. */
  readonly seesAll: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route. Needed: there is no default. */
    permission?: Permission
    /** Problems of this route, beyond those that any route of its permission can have. */
    problems?: readonly ProblemCode[]
  }
  interface FastifyRequest {
    /** Set for every permission but `public`. */
    caller: Caller
  }
}

/** What the door needs to know of the console's sessions. */
export interface ConsoleTerms {
  readonly cookie: ConsoleCookie
  /** Where people reach the API; null: the address that was called. */
  readonly publicUrl: string | null
  /** How long a session may be without a request. */
  readonly idleTimeoutMs: number
}

export interface AuthorizationOptions {
  readonly store: Store
  /** Rejects with a Refusal, a StoreError or BusyError. */
  readonly authenticate: (shown: ShownToken) => Promise<Principal>
  readonly console: ConsoleTerms
  /** Routes of plugins that can not declare a permission, and may be used by anyone. */
  readonly isPublicPlugin: (url: string) => boolean
}

/** Guards every route that is registered from now on; a route without a permission throws when it is registered. */
export function guardRoutes(app: FastifyInstance, options: AuthorizationOptions): void {
  app.decorateRequest('caller')
  app.addHook('onRoute', route => {
    if (route.config?.permission) return requireAudit(route)
    if (!options.isPublicPlugin(route.url))
      throw new TypeError(`${String(route.method)} ${route.url} has no permission`)
    route.config = { ...route.config, permission: 'public' }
  })
  // Before the body is read, and after the rate limit (onRequest): tokens can't be tried faster than that allows.
  app.addHook('preParsing', async request => {
    if (request.is404) return
    const { permission } = request.routeOptions.config
    if (isByBrowser(request) && !isSafe(request.method)) refuseForeignOrigin(request, options.console.publicUrl)
    if (permission === 'public') return
    const caller = await identify(request, options)
    request.caller = caller
    if (caller.console && !isSafe(request.method) && !bringsCsrfToken(request, caller.console.csrfToken)) {
      throw new Problem('csrf_token_rejected')
    }
    if (!permission || !hasPermission(caller.account, permission)) throw new Problem('permission_denied')
  })
}

/** A change that leaves no trace must not exist. */
function requireAudit({ method, url, config }: RouteOptions): void {
  const isReading = [method].flat().every(name => name === 'GET' || name === 'HEAD')
  if (!isReading && !config?.audit) throw new TypeError(`${String(method)} ${url} has no action for the audit log`)
}

// No other site can make a browser send an Authorization header, so it wins over a cookie and needs no further proof.
function isByBrowser({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined
}

async function identify(request: FastifyRequest, options: AuthorizationOptions): Promise<Caller> {
  const token = readToken(request.headers.authorization)
  if (token !== null) return keyCaller(options.store, await options.authenticate({ token, address: request.ip }))
  const secret = isByBrowser(request) ? options.console.cookie.read(request) : null
  if (secret === null) throw new Problem('login_needed')
  const session = await findConsoleSession(options.store, hashSecret(secret), options.console.idleTimeoutMs)
  if (!session) throw new Problem('session_ended')
  return consoleCaller(options.store, session, secret)
}

async function keyCaller(db: Executor, { account, key }: Principal): Promise<Caller> {
  return toCaller(await getAccount(db, account.id), account, { via: 'key', keyId: key.id, console: null })
}

/** The person of a session, who showed its secret. */
export async function consoleCaller(
  db: Executor,
  { id, accountId }: Pick<ConsoleSession, 'id' | 'accountId'>,
  secret: string,
): Promise<Caller> {
  const account = await getAccount(db, accountId)
  const { value: record } = await new AccountRecords(db).loadAccountById(accountId)
  if (!record) throw new Problem('session_ended')
  const console = { sessionId: id, csrfToken: csrfToken(secret) }
  return toCaller(account, record, { via: 'console', keyId: null, console })
}

function toCaller(account: Account, record: AccountRecord, login: Pick<Caller, 'via' | 'keyId' | 'console'>): Caller {
  const { isAdmin } = account
  return { account, record, ...login, reach: reach(record), isAdmin, seesAll: hasPermission(account, 'observer') }
}

/** Reads the token of an Authorization header; null when there is none. */
export function readToken(header: string | undefined): string | null {
  return /^(?:key|bearer) +(\S+) *$/i.exec(header ?? '')?.[1] ?? null
}
