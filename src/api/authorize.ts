// The one door of the API: finds out who calls, and whether they have the permission that the route declares.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AccountRecord } from '../auth/account.js'
import type { Principal } from '../auth/principal.js'
import { reach, type Reach } from '../auth/policy.js'
import { getAccount, type Account } from '../store/accounts.js'
import type { Store } from '../store/pool.js'
import { hasPermission, type Permission } from './permissions.js'
import { Problem } from './problem.js'
import type { ProblemCode } from './problems.js'

/** Who calls, as the store knew them when the request came. */
export interface Caller {
  readonly account: Account
  /** The same account as authentication sees it: what policy decides on. */
  readonly record: AccountRecord
  readonly keyId: string
  /** Admins of the organization see all databases; what they reach through the proxy is still what this says. */
  readonly reach: readonly Reach[]
  readonly isAdmin: boolean
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

export interface AuthorizationOptions {
  readonly store: Store
  /** Rejects with a Refusal, a StoreError or BusyError. */
  readonly authenticate: (token: string) => Promise<Principal>
  /** Routes of plugins that can not declare a permission, and may be used by anyone. */
  readonly isPublicPlugin: (url: string) => boolean
}

/** Guards every route that is registered from now on; a route without a permission throws when it is registered. */
export function guardRoutes(app: FastifyInstance, options: AuthorizationOptions): void {
  app.decorateRequest('caller')
  app.addHook('onRoute', route => {
    if (route.config?.permission) return
    if (!options.isPublicPlugin(route.url))
      throw new TypeError(`${String(route.method)} ${route.url} has no permission`)
    route.config = { ...route.config, permission: 'public' }
  })
  // Before the body is read, and after the rate limit (onRequest): tokens can't be tried faster than that allows.
  app.addHook('preParsing', async request => {
    if (request.is404) return
    const { permission } = request.routeOptions.config
    if (permission === 'public') return
    request.caller = await identify(request, options)
    if (!permission || !hasPermission(request.caller.account, permission)) throw new Problem('permission_denied')
  })
}

async function identify(request: FastifyRequest, { store, authenticate }: AuthorizationOptions): Promise<Caller> {
  const principal = await authenticate(readToken(request.headers.authorization))
  const account = await getAccount(store, principal.account.id)
  const { account: record, key } = principal
  return { account, record, keyId: key.id, reach: reach(record), isAdmin: account.orgRole === 'admin' }
}

function readToken(header: string | undefined): string {
  const token = /^(?:key|bearer) +(\S+) *$/i.exec(header ?? '')?.[1]
  if (token === undefined) throw new Problem('login_needed')
  return token
}
