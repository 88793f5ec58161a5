// The upstream half of a login: dial the database and log in there as the lesser role that matches the account.

import type { Principal } from '../auth/principal.js'
import type { Grant } from '../auth/grant.js'
import { dial } from '../upstream/dial.js'
import type { HostNames } from '../upstream/host-names.js'
import { logIn, type UpstreamSession } from '../upstream/login.js'
import { rejectsVersion, type OldProtocol } from '../upstream/old-protocol.js'
import type { SaltedPasswords } from '../upstream/salted-passwords.js'
import { binary } from '../wire/binary-string.js'
import { isProtocolOption, type MinorVersion } from '../wire/negotiate.js'
import type { Opening } from './negotiate.js'

export interface ConnectOptions {
  /** For all of it: connect, TLS and login. */
  readonly connectTimeoutMs: number
  readonly saltedPasswords: SaltedPasswords
  readonly oldProtocol: OldProtocol
  /** Default: the names of the process. */
  readonly names?: HostNames | undefined
}

/** Logs in to the granted database; a second time, with protocol 3.0, at a pooler that cannot read a newer start-up packet.
 * Rejects with UpstreamError. */
export async function connect(
  grant: Grant,
  principal: Principal,
  opening: Extract<Opening, { kind: 'startup' }>,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<UpstreamSession> {
  const { oldProtocol, connectTimeoutMs } = options
  const until = performance.now() + connectTimeoutMs
  const logInWith = (minor: MinorVersion) => logInBy(until, grant, principal, { ...opening, minor }, options, signal)
  const minor = oldProtocol.minorFor(grant.database, opening.minor)
  if (minor === 0) return logInWith(minor)
  try {
    return await logInWith(minor)
  } catch (error) {
    if (!rejectsVersion(error)) throw error
    const session = await logInWith(0)
    oldProtocol.add(grant.database)
    return session
  }
}

async function logInBy(
  until: number,
  grant: Grant,
  principal: Principal,
  { parameters, minor }: Extract<Opening, { kind: 'startup' }>,
  { saltedPasswords, names }: ConnectOptions,
  signal: AbortSignal,
): Promise<UpstreamSession> {
  const { database, login } = grant
  const leftMs = () => Math.max(1, Math.ceil(until - performance.now()))
  const leg = await dial(database, { connectTimeoutMs: leftMs(), signal, ...(names && { names }) })
  return logIn(leg, {
    user: login.user,
    password: login.password,
    dbname: database.dbname,
    parameters: upstreamParameters(grant, principal, parameters),
    minor,
    saltedPasswords,
    limits: { timeoutMs: leftMs() },
    signal,
  })
}

/** The client's own start-up parameters, but for who and where; then ours, which tell the database's logs and
 * `pg_stat_activity` who it was. They are labels, not proofs: a session may SET them. */
export function upstreamParameters(
  { database }: Pick<Grant, 'database'>,
  { account, key }: Principal,
  parameters: ReadonlyMap<string, string>,
): Map<string, string> {
  const passed = [...parameters].filter(([name]) => !NOT_PASSED.has(name.toLowerCase()) && !isProtocolOption(name))
  const ours = new Map(passed)
  if (!ours.get('application_name')) ours.set('application_name', binary(account.name))
  if (!database.announce) return ours
  return ours.set('postern.account', binary(account.name)).set('postern.key', binary(key.id))
}

const NOT_PASSED = new Set(['user', 'database', 'replication', 'postern.account', 'postern.key'])
