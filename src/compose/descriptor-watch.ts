// Looks every second whether the process has a file descriptor left. When it has none, new connections are accepted and closed
// at once below Node, which tells nobody (libuv, uv__emfile_trick in src/unix/stream.c): somebody has to look.

import { closeSync, openSync, readFileSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Logger } from '../ops/log.js'
import type { Metrics } from '../ops/metrics.js'
import { Periodic } from './periodic.js'

const LOOK_MS = 1_000
/** For the store, certificates, the API and what Node has open itself. */
const OWN_DESCRIPTORS = 100
/** The client's connection, and the one to the database. */
const DESCRIPTORS_OF_A_SESSION = 2

/** Looks until the function that it returns is called. */
export function watchDescriptors(metrics: Pick<Metrics, 'descriptorShortages'>, log: Logger): () => Promise<void> {
  const watch = new Periodic({
    everyMs: LOOK_MS,
    // Synchronous, some microseconds: nothing else can take or free one in between.
    work: async () => {
      try {
        closeSync(openSync(devNull, 'r'))
      } catch (error) {
        if (!isShortage(error)) return
        metrics.descriptorShortages.inc()
        throw error
      }
    },
    lastWork: async () => undefined,
    failing: error => log.error({ err: error }, 'no file descriptor is left: new connections are cut, live ones go on'),
    recovered: () => log.info('file descriptors are free again: new connections are taken'),
  })
  watch.start()
  return () => watch.close()
}

/** Warns when so many connections as the settings allow would need more descriptors than the process may have. */
export function warnOfFewDescriptors(connections: number, log: Logger): void {
  const limit = descriptorLimit()
  const needed = connections * DESCRIPTORS_OF_A_SESSION + OWN_DESCRIPTORS
  if (limit === null || limit >= needed) return
  const advice = 'raise it (ulimit -n, LimitNOFILE), or lower limits.connections'
  log.warn({ limit, needed }, `limits.connections needs more file descriptors than this process may have: ${advice}`)
}

/** The most descriptors that the process may have, by proc(5); null where that can not be known. */
function descriptorLimit(): number | null {
  try {
    const soft = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? null : soft === 'unlimited' ? Infinity : Number(soft)
  } catch {
    return null
  }
}

/** EMFILE: the process has as many as it may; ENFILE: so has the machine. */
function isShortage(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EMFILE' || code === 'ENFILE'
}
