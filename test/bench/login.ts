// Logins: how many a second, how long does one take, and what does it cost the proxy?
//
// Four clients at a time, and then one alone, connect, log in, run `select 1`, say Terminate and wait for the close,
// over and over. The rate is that of the four, the latency (from connect to the answer) that of the one. Without the
// query pgbouncer would not need the database at all. The client remembers its salted password, which would cost it
// more than all the rest. The database forks a process for every login through Postern; pgbouncer is measured twice: as
// it is meant to be used, handing out connections that are left over, and with server_lifetime = 0, where it logs in
// anew for every client as Postern does.

import { connect, drink, leave } from './client.js'
import { pgbouncer } from './others.js'
import { cpuMicros, machineJiffies } from './process.js'
import { printTable, quantile, takeTurns, type Figures } from './rounds.js'
import { direct, type Contender, type Stage } from './stage.js'

const CLIENTS = 4
const TURN_MS = 1_000

export async function login(stage: Stage): Promise<void> {
  const { upstream, house } = await stage.database()
  const posterns = (await stage.posterns(house)).flatMap(({ scram, tls, password }) => [scram, tls, password])
  const contenders = [
    direct(upstream),
    ...posterns,
    ...(await pgbouncer(stage, upstream, { name: 'pgbouncer', freshLogins: true })),
    ...(await pgbouncer(stage, upstream, { name: 'pgbouncer, pooled' })),
  ]
  // So that caches are filled and code is compiled.
  for (const contender of contenders) await logInFor(TURN_MS / 2, CLIENTS, contender)

  const figures = await takeTurns(stage, contenders, measure)
  printTable('Login and first query, with SCRAM-SHA-256 where nothing is said', figures, [
    { title: `logins/s of ${CLIENTS}`, figure: 'rate', digits: 0, ratioTo: 'direct' },
    { title: 'p50 ms of 1', figure: 'p50', digits: 2, ratioTo: 'direct' },
    { title: 'p99 ms of 1', figure: 'p99', digits: 2 },
    { title: 'CPU ms/login', figure: 'cpu', digits: 2, ratioTo: 'pgbouncer' },
    { title: 'proxy busy %', figure: 'proxyBusy', digits: 0 },
    { title: 'machine busy %', figure: 'machineBusy', digits: 0 },
  ])
}

async function measure(contender: Contender): Promise<Figures> {
  const before = { cpu: cpuMicros(contender.pid), machine: machineJiffies(), at: performance.now() }
  const logins = (await logInFor(TURN_MS, CLIENTS, contender)).length
  const after = { cpu: cpuMicros(contender.pid), machine: machineJiffies(), at: performance.now() }
  const alone = await logInFor(TURN_MS / 2, 1, contender)
  const seconds = (after.at - before.at) / 1000
  const cpu = after.cpu - before.cpu
  return {
    rate: logins / seconds,
    p50: quantile(alone, 0.5) ?? NaN,
    p99: quantile(alone, 0.99) ?? NaN,
    ...(contender.pid === null ? {} : { cpu: cpu / logins / 1000, proxyBusy: cpu / seconds / 10_000 }),
    machineBusy: (100 * (after.machine.busy - before.machine.busy)) / (after.machine.all - before.machine.all),
  }
}

/** Logs in over and over; returns the milliseconds that each login took. */
async function logInFor(ms: number, clients: number, contender: Contender): Promise<number[]> {
  const until = performance.now() + ms
  const latencies: number[] = []
  const goOn = async () => {
    while (performance.now() < until) {
      const startedAt = performance.now()
      const leg = await connect(contender)
      await drink(leg, 'select 1')
      latencies.push(performance.now() - startedAt)
      await leave(leg)
    }
  }
  await Promise.all(Array.from({ length: clients }, goOn))
  return latencies
}
