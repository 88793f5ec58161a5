import t from 'tap'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { Metrics } from '../../src/ops/metrics.js'
import { SCENARIOS } from '../faults/scenarios.js'
import { renderParts, replacePart } from './render-readme.js'

const README = new URL('../../README.md', import.meta.url)
const FAULTS = new URL('../faults/', import.meta.url)

const parts = renderParts(await new Metrics({ processMetrics: false }).render())

// `WRITE_README=1 npx tap test/documents` brings the README up to date.
if (process.env.WRITE_README) {
  const readme = await readFile(README, 'utf8')
  await writeFile(
    README,
    Object.entries(parts).reduce((text, [name, part]) => replacePart(text, name, part), readme),
  )
}

for (const [name, part] of Object.entries(parts)) {
  void t.test(`the README lists the ${name} as the code has them`, async t => {
    const readme = await readFile(README, 'utf8')
    t.equal(replacePart(readme, name, part), readme)
    t.ok(part.split('\n').length > 3, 'and there are some')
  })
}

void t.test('every scenario of the README is played by one file of test/faults', async t => {
  const files = (await readdir(FAULTS)).filter(name => name.endsWith('.test.ts'))
  const sources = await Promise.all(files.map(name => readFile(new URL(name, FAULTS), 'utf8')))
  const played = sources.flatMap(source => [...source.matchAll(/\bscenario\(t, '([\w-]+)'/g)].map(([, name]) => name))
  t.same(played.toSorted(), Object.keys(SCENARIOS).toSorted())
})
