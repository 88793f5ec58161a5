import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { toLines } from '../../src/api/ndjson.js'

function source(count: number) {
  const read: number[] = []
  async function* pages() {
    for (let page = 0; page < count; page++) {
      read.push(page)
      yield [{ page, text: 'x'.repeat(100_000) }]
    }
  }
  return { read, pages: pages() }
}

const show = (item: object) => ({ ...item, shown: true })

void t.test('is one object a line, and empty pages are no lines', async t => {
  async function* pages() {
    yield []
    yield [{ a: 1 }, { b: 'x\ny' }]
    yield []
  }
  t.equal(await text(await toLines(pages(), show)), '{"a":1,"shown":true}\n{"b":"x\\ny","shown":true}\n')
  t.equal(await text(await toLines(source(0).pages, show)), '')
})

void t.test('a reader who is slow is waited for', async t => {
  const { read, pages } = source(100)
  const stream = await toLines(pages, show)
  stream.once('readable', () => undefined)
  for (let turn = 0; turn < 100; turn++) await setImmediate()
  t.ok(read.length <= 2, `${read.length} pages were read for nobody`)
  t.equal((await text(stream)).split('\n').length, 101)
  t.equal(read.length, 100)
})

void t.test('a store that fails is told of at once, or breaks the stream off', async t => {
  async function* failing(after: number): AsyncGenerator<object[]> {
    for (let page = 0; page < after; page++) yield [{ page }]
    throw new RangeError('of the store')
  }
  await t.rejects(toLines(failing(0), show), RangeError)
  await t.rejects(text(await toLines(failing(1), show)), RangeError)
})
