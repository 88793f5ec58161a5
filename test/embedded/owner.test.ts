// What becomes of the server when the process that owns it is ended roughly.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t, { type Test } from 'tap'
import { clearLeftover } from '../../src/embedded/leftover-server.js'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js'
import { describeProcess } from '../../src/embedded/process-table.js'
import { scratchDir } from './scratch.js'

interface Owned {
  readonly pid: number
  readonly cluster: string
  readonly url: string
}

const dataDir = join(await scratchDir(t), 'data')

/** Starts owner.ts, in a process group of its own as a shell would. */
async function startOwner(t: Test): Promise<{ owner: ChildProcess; server: Owned; nextLine: () => Promise<string> }> {
  const owner = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL('owner.ts', import.meta.url)), dataDir],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  t.teardown(() => owner.kill('SIGKILL'))
  const lines = createInterface(owner.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => String((await lines.next()).value)
  return { owner, server: JSON.parse(await nextLine()) as Owned, nextLine }
}

async function kill(owner: ChildProcess): Promise<void> {
  owner.kill('SIGKILL')
  await once(owner, 'exit')
}

/** Waits until the process has ended, if only as a zombie: where the tests run, pid 1 may not be an init. */
async function untilEnded(pid: number): Promise<void> {
  while ((await describeProcess(pid))?.isZombie === false) await delay(20)
}

/** The shell process that ends a server when its owner dies. */
async function watcherOf(cluster: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (commandLine.startsWith('/bin/sh\0') && commandLine.includes(`\0${cluster}\0`)) return Number(name)
  }
  throw new Error('no watcher')
}

async function startsAndStops(): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir, durable: false })
  await server.stop()
}

void t.test('a Ctrl-C in the terminal reaches the owner but not the server', async t => {
  const { owner, server, nextLine } = await startOwner(t)
  process.kill(-(owner.pid as number), 'SIGINT')
  t.equal(await nextLine(), '"interrupted"')
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  t.match(await client.query('select 1 as one'), { rows: [{ one: 1 }] })
  await client.end()
  await kill(owner)
  await untilEnded(server.pid)
})

void t.test('a server ends by itself, in order, when its owner is killed', async t => {
  const { owner, server } = await startOwner(t)
  await kill(owner)
  await untilEnded(server.pid)
  await t.rejects(stat(join(server.cluster, 'postmaster.pid')), { code: 'ENOENT' })
})

void t.test('a start right after the owner was killed waits for the old server to end', async t => {
  const { owner, server } = await startOwner(t)
  await kill(owner)
  await startsAndStops()
  t.not((await describeProcess(server.pid))?.isZombie, false)
})

void t.test(
  'an orphan whose watcher died too is stopped by the next start',
  { skip: process.platform !== 'linux' },
  async t => {
    const { owner, server } = await startOwner(t)
    process.kill(await watcherOf(server.cluster), 'SIGKILL')
    await kill(owner)
    t.equal((await describeProcess(server.pid))?.isZombie, false, 'the server still runs')
    await startsAndStops()
    t.not((await describeProcess(server.pid))?.isZombie, false)
  },
)

void t.test('a start finds its way after the server itself was killed', async t => {
  const { owner, server } = await startOwner(t)
  process.kill(server.pid, 'SIGKILL')
  await untilEnded(server.pid)
  await kill(owner)
  await startsAndStops()
  t.pass('started')
})

void t.test('a server that is not on record is neither used nor stopped', async t => {
  const { owner, server } = await startOwner(t)
  const { uid, gid } = await stat(server.cluster)
  const user = process.geteuid?.() === 0 ? { uid, gid } : null
  const leftover = { dataDir: join(dataDir, '..'), cluster: server.cluster, user }
  await t.rejects(
    clearLeftover(leftover, () => undefined, 0),
    { code: 'data_dir_in_use', message: new RegExp(`pid ${server.pid}`) },
  )
  t.equal((await describeProcess(server.pid))?.isZombie, false)
  await kill(owner)
  await untilEnded(server.pid)
})
