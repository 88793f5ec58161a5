// Tables and lists of details. In a pipe every value is whole, on one line. At a terminal a table that is too wide gives
// way in this order, which the help and the README state too:
//   1. Text wraps onto further lines of its row, down to 20 columns.
//   2. Optional columns are left out, the last one first. A line below the table counts and names them.
//   3. Facts wrap between words, and text down to 8 columns.
//   4. Each row becomes a list, a line for each column, with nothing left out.
// Identifiers are whole in every case, so that they can be copied.

import { displayWidth, longestWord, pad, printable, wrap } from './display-text.js'
import type { Paint } from './terminal.js'

/** What the cells of a column hold: identifiers that are copied (one or several, apart by spaces), a fact of a word or
 * two (state, role, time, count), or text of any length. */
export type ColumnKind = 'id' | 'fact' | 'text'

export interface Column<Row> {
  readonly title: string
  readonly kind: ColumnKind
  readonly cell: (row: Row) => string
  /** Left out where the screen is too narrow. */
  readonly optional?: true
}

export interface Layout {
  /** Width of the screen; Infinity in a pipe. */
  readonly columns: number
  readonly paint: Paint
}

const GAP = '  '

/** Columns that text keeps before anything is left out, and before the table is given up. */
const COMFORTABLE = 20
const NARROWEST = 8

interface Cells {
  readonly column: Pick<Column<never>, 'title' | 'kind' | 'optional'>
  readonly values: readonly string[]
  /** Width of the widest value, and of the title. */
  readonly natural: number
}

/** Renders rows under a headline, in lines that fit the screen unless an identifier alone does not. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], layout: Layout): string {
  const all = columns.map(column => toCells(column, rows))
  let shown = all
  for (;;) {
    const widths = fit(shown, COMFORTABLE, layout.columns)
    if (widths) return [...lines(shown, widths, layout.paint), ...leftOut(all, shown, layout.columns)].join('\n')
    const last = shown.findLastIndex(({ column }) => column.optional)
    if (last < 0) break
    shown = shown.filter((_, index) => index !== last)
  }
  const widths = fit(shown, NARROWEST, layout.columns)
  if (widths) return [...lines(shown, widths, layout.paint), ...leftOut(all, shown, layout.columns)].join('\n')
  if (rows.length === 0) return layout.paint.strong(columns.map(({ title }) => title).join(GAP))
  return rows.map((_, row) => asList(all, row, layout)).join('\n\n')
}

function toCells<Row>(column: Column<Row>, rows: readonly Row[]): Cells {
  const values = rows.map(row => printable(column.cell(row)))
  return { column, values, natural: Math.max(displayWidth(column.title), ...values.map(displayWidth)) }
}

/** Finds a width for each column; null when there is none. */
function fit(shown: readonly Cells[], leastText: number, screen: number): number[] | null {
  const room = screen - GAP.length * (shown.length - 1)
  const least = shown.map(cells => leastWidth(cells, leastText))
  if (sum(least) > room) return null
  const widths = shown.map(({ natural }) => natural)
  // Takes from the widest column that can give, cell by cell: a few columns of at most some hundred cells.
  for (let excess = sum(widths) - room; excess > 0; excess--) {
    let widest = -1
    for (const [index, width] of widths.entries()) {
      if (width > (least[index] ?? 0) && width > (widths[widest] ?? 0)) widest = index
    }
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function leastWidth({ column, values, natural }: Cells, leastText: number): number {
  if (column.kind === 'text') return Math.min(natural, Math.max(leastText, displayWidth(column.title)))
  if (column.kind === 'fact' && leastText > NARROWEST) return natural
  return Math.max(displayWidth(column.title), ...values.map(longestWord))
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0)
}

function lines(shown: readonly Cells[], widths: readonly number[], paint: Paint): string[] {
  const title = rowLines(shown.map(({ column }) => [column.title]), widths) // prettier-ignore
  const rows = (shown[0]?.values ?? []).flatMap((_, row) =>
    rowLines(
      shown.map(({ column, values }, index) => wrap(values[row] ?? '', widths[index] ?? 0, column.kind === 'text')),
      widths,
    ),
  )
  return [...title.map(paint.strong), ...rows]
}

/** The lines of one row, from the lines of each cell. */
function rowLines(cells: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(...cells.map(cell => cell.length))
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, index) => pad(cell[line] ?? '', widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
}

function leftOut(all: readonly Cells[], shown: readonly Cells[], screen: number): string[] {
  const names = all.filter(cells => !shown.includes(cells)).map(({ column }) => column.title)
  if (names.length === 0) return []
  const what = names.length === 1 ? '1 column' : `${names.length} columns`
  return wrap(`${what} not shown (${names.join(', ')}): widen the terminal or use --json`, screen, true)
}

/** One row as a list: its values below each other, beside their titles. */
function asList(all: readonly Cells[], row: number, layout: Layout): string {
  return labelled(
    all.map(({ column, values }) => ({
      label: column.title,
      value: values[row] ?? '',
      breaks: column.kind === 'text',
    })),
    layout,
  )
}

/** Renders labelled values, one under the other; long values go on below themselves. */
export function details(pairs: readonly (readonly [label: string, value: string])[], layout: Layout): string {
  return labelled(
    pairs.map(([label, value]) => ({ label, value: printable(value), breaks: false })),
    layout,
  )
}

interface Labelled {
  readonly label: string
  readonly value: string
  /** Its words may be broken. */
  readonly breaks: boolean
}

function labelled(values: readonly Labelled[], { columns, paint }: Layout): string {
  const indent = Math.max(...values.map(({ label }) => displayWidth(label))) + GAP.length
  return values
    .flatMap(({ label, value, breaks }) => {
      // A word that must stay whole and does not fit beside its label stands below it.
      if (!breaks && longestWord(value) > columns - indent) return [paint.strong(label), ...wrap(value, columns)]
      return wrap(value, columns - indent, breaks).map(
        (line, index) => (index === 0 ? paint.strong(pad(label, indent)) : ' '.repeat(indent)) + line,
      )
    })
    .join('\n')
}

/** Shows a time of the API in UTC, to the minute. */
export function time(value: string | null): string {
  return value === null ? '-' : value.slice(0, 16).replace('T', ' ')
}

/** Shows the day of a time of the API, in UTC. */
export function day(value: string): string {
  return value.slice(0, 10)
}
