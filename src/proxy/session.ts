// The story of one connection: from accept to close, every step in order. Start reading here.
//
//   negotiate   TLS or not, start-up packet or cancel request        (a cancel request ends here)
//   challenge   the client proves that it has an account's token     → Principal
//   grantFor    the policy says which role that is on the database   → Grant
//   register    from here on a revocation finds this session
//   connect     log in to the database as the lesser role            → UpstreamSession
//   confirm     nothing was revoked before the session was registered
//   admit       tell the client that it is in
//   relay       bytes both ways, until somebody ends it
//
// Whatever fails before `admit` goes through `refuse`, the only door through which a client is told no.

import type net from 'node:net'
import type { Authenticator } from '../auth/authenticate.js'
import type { DatabaseRecord } from '../auth/database.js'
import type { FailedLogins } from '../auth/failed-logins.js'
import type { FreshCache } from '../auth/fresh-cache.js'
import { applicationName } from '../auth/application-name.js'
import { grantFor, type Grant } from '../auth/grant.js'
import { mayComeFrom } from '../auth/principal.js'
import { Refusal, type SessionEndCode } from '../errors.js'
import type { UpstreamSession } from '../upstream/login.js'
import { UpstreamError } from '../upstream/upstream-error.js'
import { utf8 } from '../wire/binary-string.js'
import { admit } from './admit.js'
import type { Cancels } from './cancel.js'
import { challenge } from './challenge.js'
import { ClientConnection, ClientGone } from './client.js'
import { connect, type ConnectOptions } from './connect.js'
import type { Enforcer } from './enforce.js'
import type { CloseReason, ProxyEvents } from './events.js'
import type { Counters } from './limits.js'
import { LoginDeadline, type LoginTimeouts } from './login-deadline.js'
import { negotiate, type ListenerTerms } from './negotiate.js'
import { asRefusal, dismiss, fatal, refuse } from './refuse.js'
import { Relay, type RelayEnd, type Traffic } from './relay.js'
import { Session, type Sessions } from './sessions.js'
import type { Visit } from './visit.js'

/** Everything a session works with; shared by all sessions of the proxy. */
export interface House {
  readonly authenticator: Authenticator
  readonly failedLogins: FailedLogins
  readonly databases: FreshCache<DatabaseRecord>
  readonly sessions: Sessions
  readonly enforcer: Enforcer
  readonly cancels: Cancels
  readonly counters: Counters
  readonly upstream: ConnectOptions
  readonly timeouts: LoginTimeouts
  readonly traffic: Traffic
  readonly events: ProxyEvents
  /** Why no new session may begin just now, or null: starting, draining, list stale. */
  closedFor(): 'starting' | 'draining' | 'list_stale' | null
}

/** Serves one client until its connection is closed. Never rejects. */
export async function serveClient(socket: net.Socket, terms: ListenerTerms, visit: Visit, house: House): Promise<void> {
  const login = new AbortController()
  const deadline = new LoginDeadline(house.timeouts, () =>
    // Before a start-up packet is there, Postgres closes without an answer, too.
    login.abort(new Refusal('login_timeout', { isUnanswered: !visit.isLogin })),
  )
  const client = new ClientConnection(socket, login)
  const cleanUp: (() => void)[] = [() => deadline.end()]
  let session: Session | undefined
  try {
    const opening = await negotiate(client, terms, visit)
    if (opening.kind === 'cancel') {
      house.events.canceled(await house.cancels.forward(opening.key, visit.clientAddress))
      return dismiss(client)
    }

    deadline.challenged()
    visit.isLogin = true
    house.events.loginStarted()
    const reason = house.closedFor()
    if (reason) throw new Refusal(reason)
    house.failedLogins.check(visit.clientAddress)
    const endLogin = house.counters.beginLogin(visit.clientAddress)
    cleanUp.push(endLogin)

    const principal = await challenge({ client, opening, visit, ...house }, terms.auth)
    deadline.proved()
    visit.accountId = principal.account.id
    visit.account = principal.account.name
    visit.keyId = principal.key.id
    visit.database = opening.database
    visit.application = applicationName(utf8(opening.parameters.get('application_name') ?? ''))
    const grant = await client.unlessAborted(
      visit.time('lookup', () => grantFor(principal, opening.database, house.databases)),
    )

    session = new Session(principal, grant, visit, code => login.abort(new Refusal(code)))
    cleanUp.push(register(session, house))

    const upstream = await visit.time('upstream', () =>
      connect(grant, principal, opening, house.upstream, login.signal),
    )
    cleanUp.push(() => upstream.leg.destroy())
    house.events.upstreamConnected(grant.database.name, visit.phases.upstream ?? 0)

    await client.unlessAborted(house.enforcer.confirm(session))
    login.signal.throwIfAborted()
    admit(client, upstream)
    endLogin()
    deadline.end()

    house.events.opened(session, visit)
    const end = await relay(session, client, upstream, grant, house)
    house.events.closed(session, closeReason(session, end), end)
  } catch (error) {
    turnAway(client, error, login.signal, visit, house)
  } finally {
    for (const undo of cleanUp.reverse()) undo()
    session?.settle()
  }
}

/** Makes the session findable, unless its account or key has too many; the function takes it out again. Throws a Refusal. */
function register(session: Session, { counters, sessions }: House): () => void {
  const leave = counters.openSession(session)
  sessions.add(session)
  return () => {
    sessions.remove(session)
    leave()
  }
}

/** Relays until the session is over on both sides. */
async function relay(
  session: Session,
  client: ClientConnection,
  { leg, rest, backendKeyData: key }: UpstreamSession,
  { database }: Grant,
  { cancels, traffic }: House,
): Promise<RelayEnd> {
  const { socket, early } = client.release()
  const relay = new Relay({
    client: socket,
    clientEarly: early,
    leg,
    upstreamEarly: rest,
    traffic,
    cancel: async () => {
      if (key) await cancels.cancel(key, database)
    },
    upstreamLost: () => fatal(new Refusal('upstream_lost'), session.id),
  })
  session.handTo((code: SessionEndCode) => relay.end(fatal(new Refusal(code), session.id)), relay)
  const forget = key ? cancels.remember(key, database, address => mayComeFrom(session, address)) : () => {}
  try {
    return await relay.run()
  } finally {
    forget()
  }
}

function closeReason({ endCode }: Session, { how }: RelayEnd): CloseReason {
  return endCode ?? (how === 'ended' ? 'client_lost' : how)
}

/** Ends a login that failed: says no, or nothing when nobody is there to hear it. */
function turnAway(client: ClientConnection, error: unknown, signal: AbortSignal, visit: Visit, house: House): void {
  const { events } = house
  // What aborted the login is the cause; the error is only how a step noticed it.
  const cause: unknown = signal.aborted ? signal.reason : error
  if (cause instanceof ClientGone) {
    events.abandoned(visit)
    return void client.socket.destroy()
  }
  if (cause instanceof UpstreamError && cause.kind !== 'aborted')
    events.upstreamFailed(visit.database ?? '', cause.kind)
  const refusal = asRefusal(cause)
  visit.keyId ??= refusal.keyId
  events.refused(refusal, visit)
  refuse(client, refusal, visit.reference)
}
