// Asks the system for a host's addresses by getaddrinfo, which knows what neither hosts file nor name servers do: mDNS,
// containers, and whatever else nsswitch.conf names.

import { lookup } from 'node:dns/promises'

export type Lookup = (host: string) => Promise<readonly string[]>

/** Returns the addresses in getaddrinfo's order. Rejects with its error. */
export const getAddrInfo: Lookup = async host => {
  const found = await lookup(host, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

// Each look-up holds one of libuv's threads (4 by default) until it ends, and nothing can end it early.
let last: Promise<unknown> = Promise.resolve()

/** Asks when all earlier ones have been answered: one at a time in the whole process. None asks once `signal` has aborted. */
export async function askSystem(host: string, signal: AbortSignal, lookUp: Lookup): Promise<readonly string[]> {
  const turn = last.then(() => (signal.aborted ? [] : lookUp(host)))
  last = turn.catch(() => {})
  return turn
}
