// How much something has grown, seen through the noise of garbage collection: the straight line (least squares) through the
// least values of each while.

/** The pause between two looks. */
export const LOOK_MS = 500

/** A while: long enough that memory is collected in it. */
const LOOKS = 20

/** The first part is for warming up: caches, compiled code, pools. */
const WARM_UP = 1 / 3

/** How much each reading has grown from the end of the warm-up to the end of the looks. */
export function growth<Reading extends string>(looks: readonly Record<Reading, number>[]): Record<Reading, number> {
  const measured = looks.slice(Math.floor(looks.length * WARM_UP))
  const readings = Object.keys(measured[0] ?? {}) as Reading[]
  const grown = readings.map(reading => [reading, grownBy(measured.map(look => look[reading]))])
  return Object.fromEntries(grown) as Record<Reading, number>
}

function grownBy(values: readonly number[]): number {
  const floors: number[] = []
  for (let at = 0; at < values.length; at += LOOKS) floors.push(Math.min(...values.slice(at, at + LOOKS)))
  const middle = (floors.length - 1) / 2
  const mean = floors.reduce((sum, floor) => sum + floor, 0) / floors.length
  const slope =
    floors.reduce((sum, floor, at) => sum + (at - middle) * (floor - mean), 0) /
    floors.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
  return floors.length < 2 ? 0 : slope * (floors.length - 1)
}
