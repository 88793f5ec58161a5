import t from 'tap'
import { KeyUseRecorder } from '../../src/compose/key-use-recorder.js'
import { lastUses, type NewKeyUse } from '../../src/store/key-uses.js'
import type { Executor } from '../../src/store/pool.js'
import { StoreError } from '../../src/store/store-error.js'
import { TestClock } from '../auth/sample.js'
import { sampleKey, samplePerson, sampleStore } from '../store/sample.js'
import { testServer } from '../support/postgres.js'

const asked = (keyId: string, userAgent = 'curl/8') => ({ keyId, address: '192.0.2.1', userAgent })

/** Stands in for a store, to be away when the test wants it. */
class Notebook implements Executor {
  readonly written: NewKeyUse[][] = []
  isAway = false
  /** Comes while a statement is under way. */
  meanwhile = () => {}

  async run<Row>(doing: string, _sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    this.meanwhile()
    if (this.isAway) throw new StoreError('unavailable', doing)
    this.written.push(JSON.parse(String(values[0])) as NewKeyUse[])
    return []
  }
}

void t.test('writes the newest use of each key, once', async t => {
  const store = await sampleStore(t, await testServer(t))
  const person = await samplePerson(store)
  const [one, two] = [await sampleKey(store, person.id), await sampleKey(store, person.id)]
  const recorder = new KeyUseRecorder(store, () => performance.now())
  for (const [id, agent] of [
    [one.id, 'old'],
    [two.id, 'b'],
    [one.id, 'new\u001b'],
  ] as const)
    recorder.asked(asked(id, agent))
  await recorder.flush()
  const uses = await lastUses(store, [one.id, two.id])
  t.match(uses.get(one.id), { application: 'new', address: '192.0.2.1', database: null })
  t.match(uses.get(two.id), { application: 'b' })
})

void t.test('what could not be written waits, and is as old then as it is', async t => {
  const clock = new TestClock()
  const notebook = new Notebook()
  const recorder = new KeyUseRecorder(notebook, clock.now)
  recorder.asked(asked('a'))
  notebook.isAway = true
  await t.rejects(recorder.flush(), { code: 'unavailable' })
  clock.advance(5000)
  notebook.isAway = false
  await recorder.flush()
  await recorder.flush()
  t.match(notebook.written, [[{ keyId: 'a', ageMs: 5000 }]])
  t.equal(notebook.written.length, 1, 'what is written does not wait any more')
})

void t.test('a key that is used while its use is written waits for the next time', async t => {
  const notebook = new Notebook()
  const recorder = new KeyUseRecorder(notebook, new TestClock().now)
  recorder.asked(asked('a', 'first'))
  notebook.meanwhile = () => recorder.asked(asked('a', 'second'))
  await recorder.flush()
  notebook.meanwhile = () => {}
  await recorder.flush()
  t.match(notebook.written, [[{ application: 'first' }], [{ application: 'second' }]])
})

void t.test('holds a bounded number of keys, and forgets the one that was not used for longest', async t => {
  const notebook = new Notebook()
  const recorder = new KeyUseRecorder(notebook, new TestClock().now)
  for (let n = 0; n < 10_000; n++) recorder.asked(asked(`k${n}`))
  recorder.asked(asked('k0'))
  recorder.asked(asked('one more'))
  await recorder.flush()
  const written = notebook.written.flat().map(({ keyId }) => keyId)
  t.equal(written.length, 10_000)
  t.notOk(written.includes('k1'))
  t.ok(written.includes('k0') && written.includes('one more'))
})
