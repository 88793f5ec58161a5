// Big answers: how fast do they pass, and what does a megabyte cost the proxy?
//
// One client has the database make up an answer and counts its bytes: a COPY of 200 MB in lines of a kilobyte, and
// half a million small rows, each a message of its own to a proxy that looks at messages. Time runs from the query to
// the last byte; the client is a process of its own.

import { connect, drink, leave } from './client.js'
import { haproxy, pgbouncer } from './others.js'
import { cpuMicros, machineJiffies } from './process.js'
import { printTable, takeTurns, type Figures } from './rounds.js'
import { direct, type Contender, type Stage } from './stage.js'

const QUERIES = {
  'COPY out of 200 MB': "copy (select repeat('x', 1000) from generate_series(1, 200000)) to stdout",
  'select of 500,000 rows': "select i, 'row ' || i from generate_series(1, 500000) i",
}

export async function bulk(stage: Stage): Promise<void> {
  const { upstream, house } = await stage.database()
  const posterns = (await stage.posterns(house)).flatMap(({ scram, tls }) => [scram, tls])
  const proxies = [...posterns, ...(await pgbouncer(stage, upstream)), ...(await haproxy(stage, upstream))]
  const contenders = [direct(upstream), ...proxies]
  const turns = Object.entries(QUERIES).flatMap(([what, sql]) => contenders.map(each => ({ ...each, what, sql })))

  const figures = await takeTurns(stage, turns, measure)
  for (const title of Object.keys(QUERIES)) {
    printTable(title, new Map([...figures].filter(([{ what }]) => what === title)), [
      { title: 'MB/s', figure: 'rate', digits: 0, ratioTo: 'direct' },
      { title: 'CPU µs/MB', figure: 'cpu', digits: 0, ratioTo: 'pgbouncer' },
      { title: 'proxy busy %', figure: 'proxyBusy', digits: 0 },
      { title: 'machine busy %', figure: 'machineBusy', digits: 0 },
    ])
  }
}

async function measure(contender: Contender & { readonly sql: string }): Promise<Figures> {
  const leg = await connect(contender)
  const before = { cpu: cpuMicros(contender.pid), machine: machineJiffies(), at: performance.now() }
  const megabytes = (await drink(leg, contender.sql)) / 1_000_000
  const after = { cpu: cpuMicros(contender.pid), machine: machineJiffies(), at: performance.now() }
  await leave(leg)
  const seconds = (after.at - before.at) / 1000
  const cpu = after.cpu - before.cpu
  return {
    rate: megabytes / seconds,
    ...(contender.pid === null ? {} : { cpu: cpu / megabytes, proxyBusy: cpu / seconds / 10_000 }),
    machineBusy: (100 * (after.machine.busy - before.machine.busy)) / (after.machine.all - before.machine.all),
  }
}
