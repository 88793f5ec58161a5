// Remembers which upstreams cannot read a start-up packet of protocol 3.2: poolers that answer it with an error where the
// protocol has them negotiate, such as pgbouncer before 1.23. Manual, "Protocol Versions".

import { LRUCache } from 'lru-cache'
import type { MinorVersion } from '../wire/negotiate.js'
import { addressText, type Target } from './target.js'
import { UpstreamError } from './upstream-error.js'

const MAX_UPSTREAMS = 1_000

// A pooler may have been upgraded since.
const FORGOTTEN_AFTER_MS = 3_600_000

/** Keeps upstreams by host and port: a database that moves is asked for 3.2 again. */
export class OldProtocol {
  readonly #upstreams: LRUCache<string, true>

  constructor(now: () => number = () => performance.now()) {
    this.#upstreams = new LRUCache({ max: MAX_UPSTREAMS, ttl: FORGOTTEN_AFTER_MS, ttlResolution: 0, perf: { now } })
  }

  /** Returns the version to ask for, given the client's. */
  minorFor(target: Target, minor: MinorVersion): MinorVersion {
    return minor !== 0 && this.#upstreams.has(addressText(target)) ? 0 : minor
  }

  /** Remembers an upstream that rejected a start-up packet of 3.2. */
  add(target: Target): void {
    this.#upstreams.set(addressText(target), true)
  }
}

/** Returns whether a login failed as it does at such an upstream: with a protocol violation as the first answer. */
export function rejectsVersion(error: unknown): boolean {
  return error instanceof UpstreamError && error.isFirstAnswer && error.sqlstate === '08P01'
}
