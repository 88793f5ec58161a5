// A PostgreSQL that a test may break and bring back, on the same port and data: killed, or come back as a standby that knows
// of no primary. What it has committed is on the disk.

import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import pg from 'pg'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/postgres.js'
import { freshDatabase, type TestServer } from './postgres.js'

export interface FallibleServer extends TestServer {
  /** Ends it without a goodbye: by SIGQUIT, an immediate shutdown, or by SIGKILL for each of its processes. Resolves when nothing
   * of it is left. */
  kill(signal?: 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Starts it again after a kill. */
  start(): Promise<void>
  /** Starts it again after a kill, as a standby: it can be read and not be written. */
  startAsStandby(): Promise<void>
  /** Makes a primary of the standby. */
  promote(): Promise<void>
}

/** Starts a server; it ends, and its data with it, when the test does. */
export async function fallibleServer(t: Test): Promise<FallibleServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-fallible-'))
  // For root: the server runs as another user, who has to pass through.
  await chmod(dataDir, 0o711)
  let running = startEmbeddedPostgres({ dataDir })
  t.teardown(async () => {
    await running.then(server => server.stop()).catch(() => undefined)
    await rm(dataDir, { recursive: true, force: true })
  })
  const first: EmbeddedPostgres = await running
  const { host, port, superuser, url, cluster } = first
  return {
    host,
    port,
    superuser,
    url,
    freshDatabase: options => freshDatabase(url, options?.template),
    async kill(signal = 'SIGQUIT') {
      const { pid, ended } = await running
      const children = childrenOf(pid)
      process.kill(pid, signal)
      if (signal === 'SIGKILL') for (const child of children) if (isRunning(child)) process.kill(child, signal)
      await ended
      while (children.some(isRunning)) await new Promise(resolve => setTimeout(resolve, 10))
    },
    async start() {
      running = startEmbeddedPostgres({ dataDir, port })
      await running
    },
    async startAsStandby() {
      await writeFile(join(cluster, 'standby.signal'), '')
      await new Promise<void>((resolve, reject) => {
        const log = (line: string) => line.includes('ready to accept read-only connections') && resolve()
        // It is not started, for whoever starts it, before it is a primary.
        running = startEmbeddedPostgres({ dataDir, port, log })
        running.catch(reject)
      })
    },
    async promote() {
      const client = new pg.Client(url('postgres'))
      await client.connect()
      await client.query('select pg_promote()').finally(() => client.end())
      await running
    },
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => statOf(pid)?.[1] === String(parent))
}

function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0]
  return state !== undefined && state !== 'Z'
}

/** State and parent of a process: proc_pid_stat(5). */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return undefined
  }
}
