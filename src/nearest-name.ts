// "Did you mean …?": the known name that a misspelt one is nearest to.

/** Names longer than this are compared with nothing: the distance costs the product of both lengths. */
const MAX_LENGTH = 80

/** Gives the nearest of the known names, or undefined when none is near enough to be what was meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  let nearest: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [nearest, least] = [candidate, distance]
  }
  return nearest
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(row, column - 1) + (b[column - 1] === letter ? 0 : 1)
      next.push(Math.min(at(next, column - 1) + 1, at(row, column) + 1, replaced))
    }
    row = next
  }
  return at(row, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
