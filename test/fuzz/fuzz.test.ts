// The short run of the fuzzer: every kept case, and the same few new ones each time. `npm run fuzz` goes on from there.

import fc from 'fast-check'
import t from 'tap'
import { KEPT, SEED } from './seeds.js'
import { TARGETS, type TargetName } from './targets.js'

for (const [name, { make, few }] of Object.entries(TARGETS)) {
  void t.test(`nothing that a hostile peer says breaks: ${name}`, async t => {
    const trial = await make(t)
    const examples = KEPT[name as TargetName].map((kept): [unknown] => [kept])
    const details = await trial({ seed: SEED, numRuns: few + examples.length, examples })
    if (details.failed) t.fail(fc.defaultReportMessage(details) ?? 'failed')
    else t.pass(`${details.numRuns} cases`)
  })
}
