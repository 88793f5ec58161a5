import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { Metrics } from '../../src/ops/metrics.js'

interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string }[]
}

interface Rule {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string; description: string }
}

// Prometheus makes this one itself for every target.
const OF_PROMETHEUS = ['up']

const panels = (JSON.parse(read('grafana-dashboard.json')) as { panels: Panel[] }).panels
const groups = (parse(read('prometheus-alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups
const rules = groups.flatMap(group => group.rules)
const expressions = [...panels.flatMap(panel => panel.targets ?? []), ...rules].map(({ expr }) => expr)

void t.test('dashboard and alerts ask only for series that Postern has', async t => {
  const known = [...(await seriesOf(new Metrics())), ...OF_PROMETHEUS]
  for (const expression of expressions) {
    const names = metricNames(expression)
    t.ok(names.length > 0, expression)
    for (const name of names) t.ok(known.includes(name), `${name} in ${expression}`)
  }
})

void t.test('the dashboard shows every metric of Postern', async t => {
  const shown = expressions.flatMap(metricNames)
  for (const name of await namesOf(new Metrics({ processMetrics: false }))) {
    t.ok(
      shown.some(each => each.replace(/_(bucket|sum|count)$/, '') === name.replace(/_count$/, '')),
      name,
    )
  }
})

void t.test('the brackets of every expression are balanced', async t => {
  for (const expression of expressions) {
    for (const pair of ['()', '[]', '{}']) {
      const [opened, closed] = [...pair].map(bracket => expression.split(bracket).length)
      t.equal(opened, closed, expression)
    }
  }
})

void t.test('no two panels of the dashboard share an id or a place', async t => {
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${String(x + (i % w))},${String(y + Math.floor(i / w))}`),
  )
  t.equal(new Set(cells).size, cells.length)
  t.ok(panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24))
})

void t.test('every alert says how bad it is, what it means and what to do', async t => {
  t.same(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const rule of rules) {
    t.match(rule.labels.severity, /^(warning|critical)$/, rule.alert)
    t.match(rule.for, /^\d+[sm]$/, rule.alert)
    t.match(rule.annotations, { summary: /.{10}/, description: /.{20}/ }, rule.alert)
  }
})

function read(file: string): string {
  return readFileSync(new URL(`../../config/${file}`, import.meta.url), 'utf8')
}

/** Names in an expression, without those of functions, labels and label values. */
function metricNames(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(by|on|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\b(and|or|unless)\b/g, '')
  return [...bare.matchAll(/\b[a-z]\w*\b(?!\s*\()/g)].map(([name]) => name)
}

async function namesOf(metrics: Metrics): Promise<string[]> {
  return [...(await metrics.render()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
}

async function seriesOf(metrics: Metrics): Promise<string[]> {
  return [...(await metrics.render()).matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map(suffix => `${name}_${suffix}`) : [name],
  )
}
