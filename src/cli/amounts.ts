// Times and sizes, short enough for a column.

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** Shows a duration in its largest whole unit: `3 h`. */
export function duration(seconds: number): string {
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`
  }
  return `${Math.floor(seconds)} s`
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Shows a number of bytes with two or three digits: `1.2 MB`. */
export function size(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)
  return `${digits} ${SIZES[unit]}`
}

// Six digits of days are longer than any key lives: the API says what is too long.
const AMOUNT = /^(\d{1,6})(m|min|h|d)?$/
const MINUTES: Readonly<Record<string, number>> = { m: 1, min: 1, h: 60, d: 1440 }

/** Reads a duration such as `30min`, `12h` or `1d`, in minutes; null when it is none. A bare 0 needs no unit. */
export function parseMinutes(text: string): number | null {
  const [, amount, unit] = AMOUNT.exec(text) ?? []
  if (amount === undefined || (unit === undefined && Number(amount) !== 0)) return null
  return Number(amount) * (unit === undefined ? 1 : (MINUTES[unit] ?? 1))
}
