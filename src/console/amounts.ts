// Numbers as people say them: durations, sizes, and how many of a thing.

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** Shows a duration in its largest whole unit: `3 h`. */
export function duration(seconds: number): string {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ['s', 1]
  return `${Math.floor(seconds / length)} ${unit}`
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

/** Counts things: `1 key`, `3 keys`. */
export function count(howMany: number, one: string, many = `${one}s`): string {
  return `${howMany.toLocaleString('en')} ${howMany === 1 ? one : many}`
}
