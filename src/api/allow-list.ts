// The networks that an account may log in from, as a request gives them: each a whole network, or told what it should be.

import { formatNetwork, masked, parseNetwork } from '../auth/networks.js'
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
  const network = parseNetwork(entry)
  if (!network) {
    return { field, problem: 'is not a network', hint: 'As in 192.0.2.0/24, 2001:db8::/32, or an address alone.' }
  }
  const whole = masked(network)
  if (formatNetwork(whole) === formatNetwork(network)) return null
  const alone = formatNetwork({ ...network, bits: network.address.kind() === 'ipv4' ? 32 : 128 })
  const problem = `has bits set beyond its prefix of ${network.bits}`
  return { field, problem, hint: `The network is ${formatNetwork(whole)}; the address alone is ${alone}.` }
}

function canonical(entry: string): string {
  const network = parseNetwork(entry)
  return network ? formatNetwork(network) : entry
}
