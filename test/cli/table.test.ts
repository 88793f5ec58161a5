import t from 'tap'
import { displayWidth } from '../../src/cli/display-text.js'
import { details, table, time } from '../../src/cli/table.js'

const paint = { strong: (text: string) => text, alarm: (text: string) => text }
const layout = { columns: 80, paint }

interface Row {
  readonly id: string
  readonly text: string
}
const columns = [
  { title: 'ID', cell: (row: Row) => row.id, whole: true },
  { title: 'TEXT', cell: (row: Row) => row.text },
]

void t.test('aligns cells under their titles, without spaces at the end', async t => {
  t.equal(
    table(columns, [{ id: 'abc', text: 'one' }, { id: 'd', text: '日本' }], layout), // prettier-ignore
    'ID   TEXT\nabc  one\nd    日本',
  )
})

void t.test('fits the width by cutting what may be cut', async t => {
  const row = { id: 'x'.repeat(30), text: 'long '.repeat(50) }
  for (const width of [40, 80, 100]) {
    const lines = table(columns, [row], { columns: width, paint }).split('\n')
    for (const line of lines) t.ok(displayWidth(line) <= width, `${width}`)
    t.match(lines[1], row.id)
    t.match(lines[1], '…')
  }
})

void t.test('would rather be too wide than cut an identifier', async t => {
  t.match(table(columns, [{ id: 'x'.repeat(90), text: 'a' }], layout), 'x'.repeat(90))
})

void t.test('keeps a row on one line whatever is in its cells', async t => {
  t.equal(table(columns, [{ id: 'a\nb', text: '\u001b[31m' }], layout), 'ID   TEXT\na b  \ufffd[31m')
})

void t.test('sets details in two columns and wraps the second', async t => {
  t.equal(
    details([['Name', 'shop'], ['Databases', 'aaaa bbbb cccc']], { columns: 21, paint }), // prettier-ignore
    'Name       shop\nDatabases  aaaa bbbb\n           cccc',
  )
})

void t.test('shows times to the minute', async t => {
  t.equal(time('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04')
  t.equal(time(null), '-')
})
