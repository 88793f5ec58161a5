import fc from 'fast-check'
import t from 'tap'
import { displayWidth, printable } from '../../src/cli/display-text.js'
import { details, table, time, type Column } from '../../src/cli/table.js'

const paint = { strong: (text: string) => text, alarm: (text: string) => text }
const at = (columns: number) => ({ columns, paint })
const PIPE = at(Infinity)
const SCREENS = [40, 60, 80, 120, 200]

interface Row {
  readonly id: string
  readonly state: string
  readonly text: string
  readonly made: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'ID', kind: 'id', cell: row => row.id },
  { title: 'STATE', kind: 'fact', cell: row => row.state },
  { title: 'TEXT', kind: 'text', cell: row => row.text },
  { title: 'MADE', kind: 'fact', cell: row => row.made, optional: true },
]

const row: Row = { id: 'robot', state: 'active', text: 'reads what the shop sold', made: '2026-05-04 12:00' }

void t.test('aligns cells under their titles, without spaces at the end', async t => {
  const rows = [
    { ...row, text: 'x' },
    { ...row, id: '日本日本日本', made: '-' },
  ]
  t.equal(
    table(COLUMNS, rows, PIPE),
    `ID            STATE   TEXT                      MADE
robot         active  x                         2026-05-04 12:00
日本日本日本  active  reads what the shop sold  -`,
  )
})

void t.test('a screen that is a little too narrow wraps text onto further lines of its row', async t => {
  t.equal(
    table(COLUMNS, [row, { ...row, text: 'x' }], at(56)),
    `ID     STATE   TEXT                     MADE
robot  active  reads what the shop      2026-05-04 12:00
               sold
robot  active  x                        2026-05-04 12:00`,
  )
})

void t.test('then optional columns are left out, and a line below names them', async t => {
  t.equal(
    table(COLUMNS, [row], at(50)),
    `ID     STATE   TEXT
robot  active  reads what the shop sold
1 column not shown (MADE): widen the terminal or
use --json`,
  )
})

void t.test('then facts wrap between words, and text gets narrower', async t => {
  t.equal(
    table(COLUMNS, [{ ...row, id: 'x'.repeat(22), state: 'not active' }], at(40)),
    `ID                      STATE   TEXT
xxxxxxxxxxxxxxxxxxxxxx  not     reads
                        active  what the
                                shop
                                sold
1 column not shown (MADE): widen the
terminal or use --json`,
  )
})

void t.test('then each row becomes a list, in which nothing is left out', async t => {
  const id = 'x'.repeat(36)
  t.equal(
    table(COLUMNS, [{ ...row, id }, row], at(40)),
    `ID
${id}
STATE  active
TEXT   reads what the shop sold
MADE   2026-05-04 12:00

ID     robot
STATE  active
TEXT   reads what the shop sold
MADE   2026-05-04 12:00`,
  )
})

void t.test('several identifiers in a cell wrap between them, and are never broken', async t => {
  const ids = ['a'.repeat(25), 'b'.repeat(25), 'c'.repeat(25)]
  const lines = table([{ title: 'IDS', kind: 'id', cell: () => ids.join(' ') }], [row], at(40)).split('\n')
  t.strictSame(lines, ['IDS', ...ids])
})

void t.test('says so when there are no rows, on any screen', async t => {
  for (const screen of [...SCREENS, Infinity]) t.match(table(COLUMNS, [], at(screen)), /^ID +STATE/)
})

void t.test('keeps a row on one line in a pipe, whatever is in its cells', async t => {
  const columns = COLUMNS.slice(0, 3)
  t.equal(
    table(columns, [{ ...row, id: 'a\nb', text: '\u001b[31m\u202e' }], PIPE),
    'ID   STATE   TEXT\na b  active  \ufffd[31m\ufffd',
  )
})

// Names as long as they may be, in scripts of every width.
const identifier = fc.oneof(
  fc.stringMatching(/^[a-z0-9._-]{1,63}$/),
  fc.stringMatching(/^[a-z]{63}$/),
  fc.uuid(),
  fc.constantFrom('数据库数据库', '👩‍👩‍👧', 'ada@example.com', 'jmo/cooldatabase'),
)
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.lorem({ maxCount: 30 }),
  fc.constantFrom('k'.repeat(100), '報'.repeat(100), '🙂'.repeat(50), ''),
)
const anyTable = fc
  .array(
    fc.record({
      kind: fc.constantFrom('id', 'fact', 'text'),
      optional: fc.boolean(),
      title: fc.stringMatching(/^[A-Z]{1,8}$/),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .chain(columns =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(
        fc.tuple(
          ...columns.map(({ kind }) =>
            kind === 'id'
              ? identifier
              : kind === 'text'
                ? text
                : fc.constantFrom('active', '2026-05-04 12:00', '17', '-'),
          ),
        ),
        { minLength: 1, maxLength: 6 },
      ),
    }),
  )

function columnsOf(specs: readonly { kind: string; optional: boolean; title: string }[]): Column<readonly string[]>[] {
  return specs.map(({ kind, optional, title }, index) => ({
    title,
    kind: kind as Column<never>['kind'],
    cell: (row: readonly string[]) => row[index] ?? '',
    ...(optional && { optional: true as const }),
  }))
}

void t.test(
  'property: no line is wider than the screen unless an identifier alone is; all identifiers are whole',
  async () => {
    fc.assert(
      fc.property(anyTable, fc.constantFrom(...SCREENS), ({ columns, rows }, screen) => {
        const out = table(columnsOf(columns), rows, at(screen))
        const ids = rows.flatMap(row => row.filter((_, index) => columns[index]?.kind === 'id'))
        const needed = rows.flatMap(row =>
          row.filter((_, index) => columns[index]?.kind === 'id' && !columns[index]?.optional),
        )
        const limit = Math.max(screen, ...ids.map(displayWidth))
        for (const line of out.split('\n')) if (displayWidth(line) > limit) throw new Error(`too wide: ${line}`)
        for (const id of needed) if (!out.includes(id)) throw new Error(`not whole: ${id}`)
      }),
      { numRuns: 300 },
    )
  },
)

void t.test('property: in a pipe each row is one line with every value whole', async () => {
  fc.assert(
    fc.property(anyTable, ({ columns, rows }) => {
      const [, ...lines] = table(columnsOf(columns), rows, PIPE).split('\n')
      if (lines.length !== rows.length) throw new Error('not a line for each row')
      for (const [index, row] of rows.entries()) {
        for (const value of row)
          if (!lines[index]?.includes(printable(value).trimEnd())) throw new Error(`not whole: ${value}`)
      }
    }),
    { numRuns: 300 },
  )
})

void t.test('property: at a terminal text is wrapped and not cut', async () => {
  fc.assert(
    fc.property(anyTable, fc.constantFrom(...SCREENS), ({ columns, rows: [row = []] }, screen) => {
      const out = table(columnsOf(columns), [row], at(screen))
      const letters = [...out].filter(letter => letter !== ' ')
      for (const [index, value] of row.entries()) {
        if (columns[index]?.optional) continue
        // Its letters are there in order, whatever stands between them on the same lines.
        let place = 0
        for (const letter of printable(value).replaceAll(' ', '')) {
          place = letters.indexOf(letter, place) + 1
          if (place === 0) throw new Error(`not whole: ${value}`)
        }
      }
    }),
    { numRuns: 300 },
  )
})

void t.test('sets details in two columns and wraps the second', async t => {
  t.equal(
    details([['Name', 'shop'], ['Databases', 'aaaa bbbb cccc']], at(21)), // prettier-ignore
    'Name       shop\nDatabases  aaaa bbbb\n           cccc',
  )
})

void t.test('shows times to the minute', async t => {
  t.equal(time('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04')
  t.equal(time(null), '-')
})
