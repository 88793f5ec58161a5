// Opens a connection to a target's host: its addresses in turn, each with its share of the time that is left.

import { Leg } from './leg.js'
import type { HostNames } from './host-names.js'
import { isUnixSocket, type Target } from './target.js'
import { asUpstreamError, UpstreamError } from './upstream-error.js'

export interface Reach {
  readonly target: Target
  /** For errors: `upstream connect to db.example:5432`. */
  readonly step: string
  readonly readBufferBytes: number
  /** Its reason is an UpstreamError. */
  readonly deadline: AbortSignal
  /** When the deadline is, of `performance.now()`. */
  readonly until: number
  readonly names: HostNames
}

export interface Reached {
  readonly leg: Leg
  /** The address that answered; null for a Unix socket. */
  readonly address: string | null
}

interface Failure {
  readonly address: string
  readonly error: Error
}

/**
 * Connects. When none of the remembered addresses answers, the name is looked up again, and new ones are tried.
 * @throws UpstreamError `unreachable`, `timeout`, `aborted`; of several addresses it names each, with what went wrong
 */
export async function reach(way: Reach): Promise<Reached> {
  const { target, deadline, names } = way
  if (isUnixSocket(target)) return first(way, [null], [])
  const found = names.addressesOf(target.host, deadline)
  const addresses = found instanceof Promise ? await lookedUp(way, found) : found
  const failures: Failure[] = []
  try {
    return await first(way, addresses, failures)
  } catch (error) {
    if (deadline.aborted) {
      names.suspect(target.host)
      throw error
    }
    const again = await names.lookUpAgain(target.host, deadline).catch(() => [])
    const others = again.filter(address => !addresses.includes(address))
    if (others.length === 0) throw error
    return first(way, others, failures)
  }
}

/** Connects to one address, or with null to the Unix socket. Rejects with the socket's error or the deadline's reason. */
export async function reachAddress(way: Reach, address: string | null, shareMs: number | null = null): Promise<Leg> {
  const { target, readBufferBytes, deadline } = way
  const { host, port } = target
  const leg =
    address === null ? new Leg({ path: `${host}/.s.PGSQL.${port}` }) : new Leg({ host: address, port }, readBufferBytes)
  leg.destroyOn(deadline)
  if (shareMs === null) {
    await leg.connected()
    return leg
  }
  const late = () => leg.destroy(new Error(`no answer within ${Math.ceil(shareMs)} ms`))
  const timer = setTimeout(late, shareMs)
  try {
    await leg.connected()
    return leg
  } finally {
    clearTimeout(timer)
  }
}

/** Connects to the first address that answers. The last one has all the time that is left. */
async function first(way: Reach, addresses: readonly (string | null)[], failures: Failure[]): Promise<Reached> {
  for (const [index, address] of addresses.entries()) {
    const left = addresses.length - index
    const shareMs = left === 1 ? null : Math.max(1, (way.until - performance.now()) / left)
    try {
      return { leg: await reachAddress(way, address, shareMs), address }
    } catch (error) {
      failures.push({ address: address ?? way.target.host, error: error as Error })
      if (way.deadline.aborted) break
    }
  }
  throw noneAnswered(way, failures)
}

function noneAnswered({ step, deadline }: Reach, failures: readonly Failure[]): UpstreamError {
  const reason: unknown = deadline.aborted ? deadline.reason : undefined
  if (reason instanceof UpstreamError && (reason.kind === 'aborted' || failures.length === 1)) return reason
  const errors = failures.map(({ error }) => error)
  if (errors.length === 1) return asUpstreamError('unreachable', step, errors[0])
  const each = failures.map(({ address, error }) => `${address}: ${error === reason ? 'no answer' : error.message}`)
  const what =
    reason instanceof UpstreamError ? reason.message : `${step}: none of ${failures.length} addresses answers`
  const cause = new AggregateError(errors)
  return new UpstreamError(reason === undefined ? 'unreachable' : 'timeout', `${what}; ${each.join('; ')}`, { cause })
}

async function lookedUp({ target, deadline }: Reach, found: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await found
  } catch (error) {
    const reason: unknown = deadline.reason
    if (error !== reason || !(reason instanceof UpstreamError) || reason.kind === 'aborted') throw error
    throw new UpstreamError('timeout', `${reason.message}; the name look-up of ${target.host} has no answer yet`)
  }
}
