// The addresses of upstream hosts by their names: remembered, renewed in the background, and asked for once at a time.
//
// Why not dns.lookup: each call holds one of libuv's four threads until getaddrinfo gives up, so that one silent name server
// stops the look-ups of all other names. Why not an npm package: cacheable-lookup, the one in wide use, knows neither hosts
// file nor search list, serves nothing stale, and falls back to dns.lookup for as many names as there are.
//
// The order is getaddrinfo's on a machine as it comes (`hosts: files dns`): hosts file, then name servers, then everything
// else that the system knows.

import net from 'node:net'
import { LRUCache } from 'lru-cache'
import { HostsFile } from './hosts-file.js'
import { askNameServers, type Answer } from './name-servers.js'
import { withoutTrailingDot } from './resolv-conf.js'
import { askSystem, getAddrInfo, type Lookup } from './system-lookup.js'
import { unlessAborted } from './unless-aborted.js'
import { UpstreamError } from './upstream-error.js'

export interface HostNamesOptions {
  /** Default: `/etc/hosts`. */
  readonly hostsFile?: string
  /** Default: `/etc/resolv.conf`. */
  readonly resolvConf?: string
  /** In place of the name servers in resolv.conf; `127.0.0.1:5353`. */
  readonly nameServers?: readonly string[]
  /** For one look-up. Default 8 s. */
  readonly timeoutMs?: number
  /** Monotonic milliseconds. */
  readonly now?: () => number
  /** What the system knows. Default: getaddrinfo. */
  readonly lookup?: Lookup
}

const LOOK_UP_TIMEOUT_MS = 8_000

// A zero TTL must not mean one question for each login; a long one must not outlive a move of the database.
const MIN_TTL_MS = 1_000
const MAX_TTL_MS = 60_000
// Of answers that come without one: hosts file and system.
const NO_TTL_MS = 5_000

// For so long after its TTL an address is still used while a new one is asked for. Not for longer: after a failover the old
// address may be a read-only replica that takes logins.
const STALE_MS = 30_000

// A name server that fails does not take away what is known. After this long it does.
const FORGOTTEN_AFTER_MS = 3_600_000

const NEGATIVE_TTL_MS = 1_000

const MAX_NAMES = 1_000
const MAX_ADDRESSES = 16

/** RFC 6761, section 6.3: they never reach a name server. */
const LOCALHOST = /^(.+\.)?localhost$/
const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1']

interface Known {
  readonly addresses: readonly string[]
  readonly askedAt: number
  freshUntil: number
  staleUntil: number
}

export class HostNames {
  readonly #options: HostNamesOptions
  readonly #now: () => number
  readonly #hosts: HostsFile
  readonly #known: LRUCache<string, Known>
  readonly #failures: LRUCache<string, UpstreamError>
  readonly #pending = new Map<string, Promise<readonly string[]>>()

  constructor(options: HostNamesOptions = {}) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#hosts = new HostsFile(options.hostsFile)
    const perf = { now: this.#now }
    this.#known = new LRUCache({ max: MAX_NAMES, ttl: FORGOTTEN_AFTER_MS, ttlResolution: 0, perf })
    this.#failures = new LRUCache({ max: MAX_NAMES, ttl: NEGATIVE_TTL_MS, ttlResolution: 0, perf })
  }

  /**
   * Returns a host's addresses, at least one, best first: at once when they are known or `host` is an address itself.
   * All that ask for one name at the same time share one look-up, which `signal` does not end for the others.
   * @throws UpstreamError (rejects) `unreachable` when there is no such host or the name server fails, `timeout` when it
   * is silent, and the reason of `signal`
   */
  addressesOf(host: string, signal: AbortSignal): readonly string[] | Promise<readonly string[]> {
    if (net.isIP(host) !== 0) return [host]
    const name = host.toLowerCase()
    const known = this.#known.get(name)
    const now = this.#now()
    if (!known || now >= known.staleUntil) return unlessAborted(this.#lookUp(name), signal)
    if (now >= known.freshUntil) this.#lookUp(name).catch(ignore)
    return known.addresses
  }

  /** Looks up again a host whose addresses, given by `addressesOf`, could not be reached. Returns none when they were no
   * older than a second. Rejects as `addressesOf` does. */
  async lookUpAgain(host: string, signal: AbortSignal): Promise<readonly string[]> {
    const known = this.#known.peek(host.toLowerCase())
    if (net.isIP(host) !== 0 || (known && this.#now() - known.askedAt < MIN_TTL_MS)) return []
    return unlessAborted(this.#lookUp(host.toLowerCase()), signal)
  }

  /** Has the next `addressesOf` wait for a new look-up: nothing answers at the known addresses. */
  suspect(host: string): void {
    const known = this.#known.peek(host.toLowerCase())
    if (known && this.#now() - known.askedAt >= MIN_TTL_MS) known.freshUntil = known.staleUntil = 0
  }

  #lookUp(name: string): Promise<readonly string[]> {
    const failure = this.#failures.get(name)
    if (failure) return Promise.reject(failure)
    let pending = this.#pending.get(name)
    if (!pending) {
      pending = this.#renew(name).finally(() => this.#pending.delete(name))
      this.#pending.set(name, pending)
    }
    return pending
  }

  async #renew(name: string): Promise<readonly string[]> {
    const answer = await this.#ask(name)
    const now = this.#now()
    if (answer.kind === 'found') {
      const addresses = [...new Set(answer.addresses)].slice(0, MAX_ADDRESSES)
      const freshUntil = now + Math.min(Math.max(answer.ttlMs, MIN_TTL_MS), MAX_TTL_MS)
      this.#known.set(name, { addresses, askedAt: now, freshUntil, staleUntil: freshUntil + STALE_MS })
      return addresses
    }
    const error = this.#failure(name, answer)
    this.#failures.set(name, error)
    const known = this.#known.peek(name)
    if (!known || answer.kind === 'absent') {
      this.#known.delete(name)
      throw error
    }
    known.staleUntil = now + STALE_MS
    return known.addresses
  }

  async #ask(name: string): Promise<Answer> {
    const plain = withoutTrailingDot(name)
    const listed = this.#hosts.find(plain)
    if (listed.length > 0) return { kind: 'found', addresses: listed, ttlMs: NO_TTL_MS }
    if (LOCALHOST.test(plain)) return { kind: 'found', addresses: LOOPBACK_ADDRESSES, ttlMs: NO_TTL_MS }
    const timeoutMs = this.#options.timeoutMs ?? LOOK_UP_TIMEOUT_MS
    const signal = AbortSignal.timeout(timeoutMs)
    const { resolvConf, nameServers: servers } = this.#options
    const answer = await askNameServers(name, { resolvConf, servers, timeoutMs })
    // Not after a time-out: the system would ask the same name servers, and hold a thread for as long.
    if (answer.kind !== 'absent' && answer.kind !== 'no_server') return answer
    try {
      const asked = askSystem(name, signal, this.#options.lookup ?? getAddrInfo)
      const addresses = await unlessAborted(asked, signal)
      return addresses.length === 0 ? answer : { kind: 'found', addresses, ttlMs: NO_TTL_MS }
    } catch (error) {
      if (signal.aborted) return { kind: 'silent' }
      const { code = 'failed' } = error as NodeJS.ErrnoException
      return answer.kind === 'no_server' || code === 'ENOTFOUND' ? answer : { kind: 'failed', code }
    }
  }

  #failure(name: string, answer: Exclude<Answer, { kind: 'found' }>): UpstreamError {
    const step = `upstream name look-up of ${name}`
    switch (answer.kind) {
      case 'absent':
        return new UpstreamError('unreachable', `${step}: no such host`)
      case 'silent': {
        const seconds = (this.#options.timeoutMs ?? LOOK_UP_TIMEOUT_MS) / 1000
        return new UpstreamError('timeout', `${step}: the name server did not answer within ${seconds} s`)
      }
      case 'no_server':
        return new UpstreamError('unreachable', `${step}: no name server listens at the addresses in resolv.conf`)
      case 'failed':
        return new UpstreamError('unreachable', `${step}: the name server failed (${answer.code})`)
    }
  }
}

/** The names of this process. */
export const hostNames = new HostNames()

function ignore(): void {}
