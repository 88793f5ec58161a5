// A PostgreSQL that can be killed with all its processes, as by the kernel when memory is short, and started again on the same
// port and data. Unlike other servers of tests it writes commits to its log before it says so.

import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js'
import type { TestServer } from './postgres.js'

export interface MortalServer extends TestServer {
  /** Kills it without a warning; resolves when nothing of it is left. */
  kill(): Promise<void>
  /** Starts it again; resolves when it has recovered. */
  revive(): Promise<void>
}

/** Starts a server that ends with the test. */
export async function mortalServer(t: { teardown(end: () => Promise<void>): void }): Promise<MortalServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-mortal-'))
  // For root: the server runs as another user, who has to pass through.
  await chmod(dataDir, 0o711)
  let server = await startEmbeddedPostgres({ dataDir, durable: true })
  t.teardown(async () => {
    await server.stop().catch(() => undefined)
    await rm(dataDir, { recursive: true, force: true })
  })
  return {
    ...server,
    freshDatabase: async () => {
      const client = new pg.Client(server.url('postgres'))
      await client.connect()
      const name = `test_${randomUUID().replaceAll('-', '')}`
      await client.query(`create database ${name}`)
      await client.end()
      return server.url(name)
    },
    async kill() {
      // The children first would be taken for a crash of one backend, which the postmaster survives.
      const all = [server.pid, ...childrenOf(server.pid)]
      for (const pid of all) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
      await server.ended
      while (all.some(isRunning)) await new Promise(resolve => setTimeout(resolve, 10))
    },
    async revive() {
      server = await startEmbeddedPostgres({ dataDir, durable: true, port: server.port })
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
