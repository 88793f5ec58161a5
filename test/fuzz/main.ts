// The long run of the fuzzer: `npm run fuzz -- --seconds N`. All targets take turns, each with new cases every time.
//
// --seconds N   how long, in all; default 60
// --target T    only this one
// --seed S      begins here; with the target and seed that a failure prints, the first turn fails in the same way
//
// Exit code 1: a case failed. It is printed, for test/fuzz/seeds.ts.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { TARGETS, type TargetName, type Trial } from './targets.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, target: { type: 'string' }, seed: { type: 'string' } },
})
const names = values.target === undefined ? Object.keys(TARGETS) : [values.target]
const first = values.seed === undefined ? randomInt(2 ** 30) : Number(values.seed)
const durationMs = Number(values.seconds) * 1_000
if (!names.every(name => name in TARGETS) || !Number.isInteger(first) || !(durationMs > 0)) {
  process.stderr.write(`usage: npm run fuzz -- [--seconds N] [--target ${Object.keys(TARGETS).join('|')}] [--seed S]\n`)
  process.exit(2)
}

const endings: (() => unknown)[] = []
const suite = { teardown: (end: () => unknown) => void endings.unshift(end) }
const counts = new Map<string, number>()
let isBroken = false
try {
  const trials: [TargetName, Trial][] = []
  for (const name of names as TargetName[]) trials.push([name, await TARGETS[name].make(suite)])
  process.stdout.write(`seed ${first}\n`)
  const endsAt = performance.now() + durationMs
  for (let seed = first; performance.now() < endsAt && !isBroken; seed++) {
    for (const [name, trial] of trials) isBroken ||= !(await turn(name, trial, seed))
  }
} finally {
  for (const end of endings) await end()
}
for (const [name, count] of counts) process.stdout.write(`${name}: ${count} cases\n`)
// The tests' runner is not here to end what a world leaves behind.
process.exit(isBroken ? 1 : 0)

/** Tries a round of cases; whether all held. */
async function turn(name: TargetName, trial: Trial, seed: number): Promise<boolean> {
  const details = await trial({ seed, numRuns: TARGETS[name].round, endOnFailure: false })
  counts.set(name, (counts.get(name) ?? 0) + details.numRuns)
  if (!details.failed) return true
  const reason =
    details.errorInstance instanceof Error ? (details.errorInstance.stack ?? '') : String(details.errorInstance)
  process.stdout.write(
    `${name} failed after ${details.numRuns} cases of seed ${seed}:\n${reason}\n\n` +
      `to keep it: ${JSON.stringify(details.counterexample?.[0])}\n` +
      `to repeat it: npm run fuzz -- --target ${name} --seed ${seed}\n`,
  )
  return false
}
