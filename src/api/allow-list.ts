// The networks that an account may log in from, as a request gives them: each a whole network, or told what it should be.

import { formatNetwork, mistakeInNetwork, parseNetwork } from '../model/network.js'
import type { FieldError } from './problem.js'
import { invalidRequest } from './validation.js'

/** Returns the networks in their one form, each once; null stays null: from anywhere.
 * @throws Problem `invalid_request` that names every entry that is none */
export function toAllowList(entries: readonly string[] | null): readonly string[] | null {
  if (entries === null) return null
  const mistakes = entries.flatMap((entry, index) => mistakeIn(entry, `allow_from[${index}]`) ?? [])
  if (mistakes.length > 0) throw invalidRequest(mistakes)
  return [...new Set(entries.map(canonical))]
}

function mistakeIn(entry: string, field: string): FieldError | null {
  const mistake = mistakeInNetwork(entry)
  if (!mistake) return null
  const { problem, hint } = mistake
  return { field, problem, hint: `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.` }
}

function canonical(entry: string): string {
  const network = parseNetwork(entry)
  return network ? formatNetwork(network) : entry
}
