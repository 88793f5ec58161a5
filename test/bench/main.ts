// Benchmarks: `npm run bench -- relay | login | bulk | memory | revocation`, or several, or none for all of them.
//
// Every number is of use only beside another one of the same run, so everything runs side by side with something else:
// the database without a proxy, pgbouncer, haproxy, and with `--against DIR` another build of Postern. What takes part
// takes turns within each round, so that a disturbance hits all alike, and the medians of the rounds are printed.
//
// --build DIR     the build of Postern to measure (the folder with serve.js); default dist
// --against DIR   another build beside it: to see what a change is worth
// --profile DIR   has Postern write a CPU profile (node --cpu-prof) into DIR; it is slower then
// --minutes N     measures for N minutes each instead of 40 seconds

import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bulk } from './bulk.js'
import { login } from './login.js'
import { memory } from './memory.js'
import { relay } from './relay.js'
import { revocation } from './revocation.js'
import { Stage } from './stage.js'

const BENCHMARKS = { relay, bulk, login, memory, revocation }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    build: { type: 'string', default: 'dist' },
    against: { type: 'string' },
    profile: { type: 'string' },
    minutes: { type: 'string', default: '0.65' },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)
const unknown = names.filter(name => !(name in BENCHMARKS))
if (unknown.length > 0 || !existsSync('/proc/self/task')) {
  process.stderr.write(
    unknown.length > 0
      ? `error: no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`
      : 'error: the costs of a process are read from /proc, which only Linux has\n',
  )
  process.exit(2)
}

for (const name of names as (keyof typeof BENCHMARKS)[]) {
  const stage = new Stage(values)
  const interrupt = () => void stage.clear().finally(() => process.exit(130))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    await BENCHMARKS[name](stage)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await stage.clear()
  }
}
