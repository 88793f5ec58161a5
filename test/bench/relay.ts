// Small queries: what does a session through the proxy cost, compared with none, pgbouncer and haproxy?
//
// 16 clients of one pgbench process send `select 1` as fast as they get answers, by the simple and by the extended
// protocol. From pgbench's log of all queries those of a window count, which begins when all are logged in; over the
// same window the CPU time of the proxy's process is taken. pgbench, proxy and database share the machine: when it is
// all busy, queries per second compare the CPU that the whole chain needs, and CPU per query the proxies alone.

import type { SpawnOptions } from 'node:child_process'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { haproxy, isMissing, pgbouncer } from './others.js'
import { cpuMicros, machineJiffies, pause, Program } from './process.js'
import { printTable, quantile, takeTurns, type Figures } from './rounds.js'
import { direct, type Contender, type Stage } from './stage.js'

const CLIENTS = 16
const WINDOW_MS = 1_200
/** pgbench writes its log in blocks: what belongs to the window is there soon after it. */
const AFTER_MS = 100
/** pgbench is ended after the window; should nobody be left to do it, it ends by itself. */
const MAX_RUN_SECONDS = 20

const MODES = ['simple', 'extended'] as const

export async function relay(stage: Stage): Promise<void> {
  if (isMissing('pgbench', ['--version'])) return
  const { upstream, house } = await stage.database()
  const posterns = (await stage.posterns(house)).map(({ scram }) => scram)
  const proxies = [...posterns, ...(await pgbouncer(stage, upstream)), ...(await haproxy(stage, upstream))]
  const turns = MODES.flatMap(mode => [direct(upstream), ...proxies].map(contender => ({ ...contender, mode })))
  const dir = await stage.folder()
  await writeFile(join(dir, 'query.sql'), 'select 1;\n')

  const figures = await takeTurns(stage, turns, turn => measure(turn, turn.mode, dir))
  for (const mode of MODES) {
    const title = `select 1, ${mode} protocol, ${CLIENTS} clients`
    printTable(title, new Map([...figures].filter(([turn]) => turn.mode === mode)), [
      { title: 'queries/s', figure: 'rate', digits: 0, ratioTo: 'direct' },
      { title: 'p50 ms', figure: 'p50', digits: 3, ratioTo: 'direct' },
      { title: 'p99 ms', figure: 'p99', digits: 3, ratioTo: 'direct' },
      { title: 'CPU µs/query', figure: 'cpu', digits: 1, ratioTo: 'pgbouncer' },
      { title: 'proxy busy %', figure: 'proxyBusy', digits: 0 },
      { title: 'machine busy %', figure: 'machineBusy', digits: 0 },
    ])
  }
}

async function measure(contender: Contender, mode: string, dir: string): Promise<Figures | null> {
  const pgbench = new Program(pgbenchCommand(contender, mode, dir), join(dir, 'output'), pgbenchOptions(contender))
  await pgbench.until(() => hasBegun(dir))
  const before = { cpu: cpuMicros(contender.pid), machine: machineJiffies(), at: Date.now() }
  await pause(WINDOW_MS)
  const after = { cpu: cpuMicros(contender.pid), machine: machineJiffies(), at: Date.now() }
  await pause(AFTER_MS)
  await pgbench.stop()

  const log = await takeLog(dir)
  // The window closed after the last query: the machine was busy with something else.
  if ((log.at(-1)?.atMs ?? 0) < after.at) return null
  const queries = log.filter(({ atMs }) => atMs >= before.at && atMs < after.at)
  const latencies = queries.map(({ latencyMs }) => latencyMs)
  const seconds = (after.at - before.at) / 1000
  const cpu = after.cpu - before.cpu
  return {
    rate: queries.length / seconds,
    p50: quantile(latencies, 0.5) ?? NaN,
    p99: quantile(latencies, 0.99) ?? NaN,
    ...(contender.pid === null ? {} : { cpu: cpu / queries.length, proxyBusy: cpu / seconds / 10_000 }),
    machineBusy: (100 * (after.machine.busy - before.machine.busy)) / (after.machine.all - before.machine.all),
  }
}

function pgbenchCommand({ port, user, dbname }: Contender, mode: string, dir: string): [string, ...string[]] {
  const load = ['--file', join(dir, 'query.sql'), '--protocol', mode, '--time', String(MAX_RUN_SECONDS), '--no-vacuum']
  const clients = ['--client', String(CLIENTS), '--jobs', '1', '--log', '--log-prefix', join(dir, 'log')]
  const where = ['--host', '127.0.0.1', '--port', String(port), '--username', user, dbname]
  return ['pgbench', ...load, ...clients, ...where]
}

function pgbenchOptions({ password }: Contender): SpawnOptions {
  return { env: { PATH: process.env.PATH ?? '', PGPASSWORD: password, PGSSLMODE: 'disable', PGGSSENCMODE: 'disable' } }
}

/** Whether all clients are logged in and pgbench has noted first queries. */
async function hasBegun(dir: string): Promise<boolean> {
  const [log] = (await readdir(dir)).filter(name => name.startsWith('log'))
  return log !== undefined && (await stat(join(dir, log))).size > 0
}

/** Reads pgbench's log (its manual, "Per-Transaction Logging") and throws it away. */
async function takeLog(dir: string): Promise<{ readonly atMs: number; readonly latencyMs: number }[]> {
  const files = (await readdir(dir)).filter(name => name.startsWith('log'))
  const texts = await Promise.all(files.map(name => readFile(join(dir, name), 'utf8')))
  await Promise.all(files.map(name => rm(join(dir, name))))
  // The last line is cut where pgbench was ended.
  const lines = texts.join('').split('\n').slice(0, -1)
  return lines.map(line => {
    const [, , micros, , seconds, fraction] = line.split(' ').map(Number)
    return { atMs: Number(seconds) * 1000 + Number(fraction) / 1000, latencyMs: Number(micros) / 1000 }
  })
}
