// Tables and lists of details that fit the terminal's width.

import { cut, displayWidth, pad, printable, wrap } from './display-text.js'
import type { Paint } from './terminal.js'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  /** Never cut: identifiers are useless when a part is missing. */
  readonly whole?: boolean
}

export interface Layout {
  readonly columns: number
  readonly paint: Paint
}

const GAP = '  '

// A cut cell shows at least this much, so that rows can be told apart.
const MIN_WIDTH = 6

/** Renders rows under a headline. Cells that don't fit are cut, the widest columns first. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], layout: Layout): string {
  const cells = rows.map(row => columns.map(column => printable(column.cell(row))))
  const titles = columns.map(column => column.title)
  const natural = columns.map((_, index) => Math.max(...[titles, ...cells].map(row => displayWidth(row[index] ?? ''))))
  const least = columns.map((column, index) => leastWidth(column, natural[index] ?? 0))
  const widths = shrink(natural, least, layout.columns - GAP.length * (columns.length - 1))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => pad(cut(cell, widths[index] ?? 0), widths[index] ?? 0))
      .join(GAP)
      .trimEnd()
  return [layout.paint.strong(line(titles)), ...cells.map(line)].join('\n')
}

/** Renders labelled values, one under the other; long values go on below themselves. */
export function details(pairs: readonly (readonly [label: string, value: string])[], layout: Layout): string {
  const indent = Math.max(...pairs.map(([label]) => displayWidth(label))) + GAP.length
  return pairs
    .flatMap(([label, value]) =>
      wrap(printable(value), layout.columns - indent).map(
        (line, index) => (index === 0 ? layout.paint.strong(pad(label, indent)) : ' '.repeat(indent)) + line,
      ),
    )
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

function leastWidth(column: Pick<Column<never>, 'title' | 'whole'>, natural: number): number {
  return column.whole ? natural : Math.min(natural, Math.max(MIN_WIDTH, displayWidth(column.title)))
}

// Takes from the widest column that can give, cell by cell: a few columns of at most some hundred cells.
function shrink(natural: readonly number[], least: readonly number[], room: number): number[] {
  const widths = [...natural]
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    let widest = -1
    for (const [index, width] of widths.entries()) {
      if (width > (least[index] ?? 0) && width > (widths[widest] ?? 0)) widest = index
    }
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}
