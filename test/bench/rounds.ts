// Rounds, in which everyone takes a turn, and what they say in the end.

import type { Stage } from './stage.js'

/** What one turn measured, by the name of the column. */
export type Figures = Readonly<Record<string, number>>

/** How often a turn that was disturbed is taken again. */
const ATTEMPTS = 3

/** Runs rounds of turns until the time is used up, at least one, and returns each contender's figures, round by round.
 * Who begins changes from round to round. A turn that was disturbed gives null, and is taken again. */
export async function takeTurns<C extends { readonly name: string }>(
  { budgetMs }: Pick<Stage, 'budgetMs'>,
  contenders: readonly C[],
  turn: (contender: C) => Promise<Figures | null>,
): Promise<Map<C, Figures[]>> {
  const figures = new Map(contenders.map(contender => [contender, [] as Figures[]]))
  const startedAt = performance.now()
  for (let round = 0; ; round++) {
    const before = performance.now()
    const order = contenders.map((_, at) => contenders[(at + round) % contenders.length] as C)
    for (const contender of order) {
      let measured: Figures | null = null
      for (let attempt = 0; attempt < ATTEMPTS && !measured; attempt++) measured = await turn(contender)
      figures.get(contender)?.push(measured ?? {})
    }
    const now = performance.now()
    // No round is begun that would not be done in time.
    if (now - startedAt + (now - before) > budgetMs) return figures
  }
}

export interface Column {
  readonly title: string
  /** The figure to print, and how many digits after the point. */
  readonly figure: string
  readonly digits: number
  /** Also prints the ratio to this contender, as the median of the rounds' ratios. */
  readonly ratioTo?: string
}

/** Prints one line for each contender: medians over the rounds. */
export function printTable<C extends { readonly name: string }>(
  title: string,
  figures: ReadonlyMap<C, readonly Figures[]>,
  columns: readonly Column[],
): void {
  const rounds = [...figures.values()][0]?.length ?? 0
  const head = [
    '',
    ...columns.flatMap(column => (column.ratioTo ? [column.title, `÷ ${column.ratioTo}`] : [column.title])),
  ]
  const lines = [...figures].map(([{ name }, own]) => [
    name,
    ...columns.flatMap(({ figure, digits, ratioTo }) => {
      const value = format(median(own.map(each => each[figure])), digits)
      if (!ratioTo) return [value]
      const others = [...figures].find(([contender]) => contender.name === ratioTo)?.[1] ?? []
      return [value, format(median(own.map((each, round) => ratio(each[figure], others[round]?.[figure]))), 2)]
    }),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map(line => line[column]?.length ?? 0)))
  const show = (line: readonly string[]) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  process.stdout.write(`\n${title} (median of ${rounds} rounds)\n${[head, ...lines].map(show).join('\n')}\n`)
}

export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = sort(values)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** The value below which this share of the values lies; undefined without values. */
export function quantile(values: readonly (number | undefined)[], share: number): number | undefined {
  const sorted = sort(values)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

function sort(values: readonly (number | undefined)[]): number[] {
  return values.filter((value): value is number => value !== undefined && Number.isFinite(value)).sort((a, b) => a - b)
}

function ratio(of: number | undefined, to: number | undefined): number | undefined {
  return of === undefined || !to ? undefined : of / to
}

function format(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}
