import t from 'tap'
import { run } from '../../src/embedded/run.js'

const options = { user: null, timeoutMs: 60_000 }

void t.test('a program’s exit code and output are told, both its streams', async t => {
  const outcome = await run('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], options)
  t.equal(outcome.code, 3)
  t.match(outcome.output, /out/)
  t.match(outcome.output, /err/)
})

void t.test('of a long output the end is kept', async t => {
  const { output } = await run(process.execPath, ['-e', `console.log('x'.repeat(1e6) + 'the end')`], options)
  t.equal(output.length, 16_384)
  t.match(output, /the end\n$/)
})

void t.test('a program that takes too long is killed', async t => {
  t.equal((await run('/bin/sh', ['-c', 'exec sleep 600'], { user: null, timeoutMs: 20 })).code, null)
})

void t.test('the caller’s environment and directory stay outside', async t => {
  process.env['PGPASSWORD'] = 'sesame'
  const { output } = await run('/bin/sh', ['-c', 'pwd; env'], options)
  t.match(output, /^\/\n/)
  t.notMatch(output, /sesame/)
})

void t.test('a program that does not exist is an error at once, which leaves no timer behind', async t => {
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  await t.rejects(run('/nonexistent', [], options), { code: 'ENOENT' })
  t.equal(timers(), before)
})
