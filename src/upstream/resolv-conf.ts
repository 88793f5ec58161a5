// Expands a short host name by the search list of resolv.conf, which c-ares does not do for Node. Manual page resolv.conf(5).
//
// Kubernetes relies on it: `postgres.shop` means `postgres.shop.svc.cluster.local` there.

import { readFileSync } from 'node:fs'

const RESOLV_CONF = '/etc/resolv.conf'

export interface SearchRules {
  /** Domains to put behind a short name, in order. */
  readonly search: readonly string[]
  /** A name with at least so many dots is asked for as it is first. */
  readonly ndots: number
}

// RES_MAXNDOTS, glibc resolv/resolv.h.
const MAX_NDOTS = 15

// The bound of glibc before 2.26 was 6, and there is none now.
const MAX_DOMAINS = 32

/** Reads the search rules of a resolv.conf; those of an empty file when there is none. */
export function readSearchRules(path = RESOLV_CONF): SearchRules {
  try {
    return parseSearchRules(readFileSync(path, 'utf8'))
  } catch {
    return parseSearchRules('')
  }
}

/** Parses the lines `search`, `domain` (the last of them counts) and `options ndots:N`. */
export function parseSearchRules(text: string): SearchRules {
  let search: string[] = []
  let ndots = 1
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'search' || keyword === 'domain') search = keyword === 'domain' ? words.slice(0, 1) : words
    if (keyword !== 'options') continue
    for (const word of words) {
      const value = /^ndots:(\d+)$/.exec(word)?.[1]
      if (value !== undefined) ndots = Math.min(Number(value), MAX_NDOTS)
    }
  }
  const domains = search.map(withoutTrailingDot).filter(domain => domain !== '')
  return { search: domains.slice(0, MAX_DOMAINS), ndots }
}

/** Returns the names to ask for, in order. A trailing dot says that the name is complete. */
export function expandName(host: string, { search, ndots }: SearchRules): string[] {
  const name = withoutTrailingDot(host)
  if (name !== host) return [name]
  const expanded = search.map(domain => `${name}.${domain}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...expanded] : [...expanded, name]
}

export function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
