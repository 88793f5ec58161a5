import t from 'tap'
import { Readiness, type Phase, type Verdict } from '../../src/ops/readiness.js'

function observed() {
  const heard: Verdict[] = []
  const readiness = new Readiness(verdict => heard.push(verdict))
  t.teardown(() => readiness.drain())
  return { readiness, heard }
}

const READY: Verdict = { ready: true, reasons: [] }

void t.test('is not ready while it starts, whatever holds already, and nothing is reported yet', async t => {
  const { readiness, heard } = observed()
  t.same(readiness.look(), { ready: false, reasons: ['starting'] })
  const phases: Phase[] = []
  readiness.addCondition(phase => {
    phases.push(phase)
    return phase === 'starting' ? ['a port is closed'] : []
  })
  t.same(readiness.look(), { ready: false, reasons: ['a port is closed'] })
  t.same(heard, [])
  readiness.serve()
  t.same(readiness.look(), READY)
  t.same(phases, ['starting', 'serving', 'serving'])
})

void t.test('reports the first verdict while serving, and then each that differs, once', async t => {
  const { readiness, heard } = observed()
  let reasons = ['no list']
  readiness.addCondition(() => reasons)
  readiness.serve()
  readiness.look()
  t.same(heard, [{ ready: false, reasons: ['no list'] }])
  reasons = []
  t.same(readiness.look(), READY)
  readiness.look()
  t.same(heard.slice(1), [READY], 'reported before the caller has the verdict')
  reasons = ['the list is old', 'a port is closed']
  readiness.look()
  t.same(heard.slice(2), [{ ready: false, reasons }])
})

void t.test('is not ready for good once it drains', async t => {
  const { readiness, heard } = observed()
  readiness.addCondition(() => [])
  readiness.serve()
  readiness.drain()
  t.same(readiness.look(), { ready: false, reasons: ['draining'] })
  readiness.serve()
  t.same(readiness.look(), { ready: false, reasons: ['draining'] })
  t.same(heard, [READY], 'a drain is no news: it was asked for')
})
