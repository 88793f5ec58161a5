// Asks the name servers of resolv.conf for a host's addresses by c-ares: other than getaddrinfo, it holds no thread.
//
// What getaddrinfo does and c-ares does not do for Node is done here: the search list, and the next name server when one
// answers that it cannot tell.

import { Resolver } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { expandName, readSearchRules } from './resolv-conf.js'

export interface NameServersOptions {
  /** Default: `/etc/resolv.conf`. */
  readonly resolvConf?: string | undefined
  /** Addresses of name servers, with a port or not, in place of those in resolv.conf. */
  readonly servers?: readonly string[] | undefined
  /** For one look-up, all names of the search list and all servers included. */
  readonly timeoutMs: number
}

export type Answer =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly ttlMs: number }
  /** The name servers know no such name, or no address of it. */
  | { readonly kind: 'absent' }
  /** No name server answered in time. */
  | { readonly kind: 'silent' }
  /** Nothing listens where the name servers should be. */
  | { readonly kind: 'no_server' }
  /** A name server answered that it cannot tell, or nonsense: `ESERVFAIL`, `EREFUSED`. */
  | { readonly kind: 'failed'; readonly code: string }

// c-ares doubles it with each try: a single server has 7 s for its answer, a second one is asked after 1 s.
const FIRST_TRY_MS = 1_000
const TRIES = 3

// Some name servers never answer the question for IPv6 addresses; RFC 8305, section 3, waits 50 ms, on faster networks.
const OTHER_FAMILY_MS = 250

/** Asks for a host's IPv4 and IPv6 addresses. Never rejects. */
export async function askNameServers(host: string, options: NameServersOptions): Promise<Answer> {
  const question = new Question(options.servers)
  const timer = setTimeout(() => question.cancel(), options.timeoutMs)
  try {
    let best: Answer = { kind: 'absent' }
    for (const name of expandName(host, readSearchRules(options.resolvConf))) {
      const answer = await question.ask(name)
      if (question.isOver) return { kind: 'silent' }
      // As in glibc: a domain whose servers fail does not hide the next one, but a network without answers ends it.
      if (answer.kind === 'failed') best = answer
      else if (answer.kind !== 'absent') return answer
    }
    return best
  } finally {
    clearTimeout(timer)
  }
}

class Question {
  #isOver = false
  /** By the number of servers that it leaves out at the front. Made for this question, so that resolv.conf is read again. */
  readonly #resolvers: Resolver[] = []

  constructor(servers: readonly string[] | undefined) {
    const resolver = newResolver()
    if (servers) resolver.setServers(servers)
    this.#resolvers.push(resolver)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends what is being asked; `ask` answers soon after. */
  cancel(): void {
    this.#isOver = true
    for (const resolver of this.#resolvers) resolver.cancel()
  }

  async ask(name: string): Promise<Answer> {
    const servers = this.#resolvers[0]?.getServers() ?? []
    for (let first = 0; ; first++) {
      const answer = await askBothFamilies(this.#resolverFrom(first, servers), name)
      // Node sets ARES_FLAG_NOCHECKRESP, with which c-ares takes this for the last word.
      if (answer.kind !== 'failed' || first + 1 >= servers.length || this.#isOver) return answer
    }
  }

  #resolverFrom(first: number, servers: readonly string[]): Resolver {
    const known = this.#resolvers[first]
    if (known) return known
    const resolver = newResolver()
    resolver.setServers(servers.slice(first))
    this.#resolvers.push(resolver)
    return resolver
  }
}

function newResolver(): Resolver {
  return new Resolver({ timeout: FIRST_TRY_MS, tries: TRIES })
}

async function askBothFamilies(resolver: Resolver, name: string): Promise<Answer> {
  const both = [toAnswer(resolver.resolve4(name, { ttl: true })), toAnswer(resolver.resolve6(name, { ttl: true }))]
  let timer: NodeJS.Timeout | undefined
  try {
    const first = await Promise.race(both)
    const late = new Promise<Answer>(resolve => {
      if (first.kind === 'found') timer = setTimeout(() => resolve({ kind: 'absent' }), OTHER_FAMILY_MS)
    })
    const [v4, v6] = await Promise.all(both.map(answer => Promise.race([answer, late])))
    return join(v4 ?? first, v6 ?? first)
  } finally {
    clearTimeout(timer)
  }
}

function join(v4: Answer, v6: Answer): Answer {
  const [first, second] = prefersIpv6() ? [v6, v4] : [v4, v6]
  if (first.kind !== 'found') return second.kind === 'found' || first.kind === 'absent' ? second : first
  if (second.kind !== 'found') return first
  return {
    kind: 'found',
    addresses: [...first.addresses, ...second.addresses],
    ttlMs: Math.min(first.ttlMs, second.ttlMs),
  }
}

// What is left of RFC 6724, by which getaddrinfo sorts: an IPv6 address comes first where this machine has a global one
// itself. Within a family the name server's order stands (Node's `verbatim`).
function prefersIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return all.some(({ family, internal, address }) => family === 'IPv6' && !internal && /^[23]/.test(address))
}

async function toAnswer(question: Promise<{ address: string; ttl: number }[]>): Promise<Answer> {
  try {
    const records = await question
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1000
    return { kind: 'found', addresses: records.map(({ address }) => address), ttlMs }
  } catch (error) {
    return noAnswer((error as NodeJS.ErrnoException).code ?? 'failed')
  }
}

function noAnswer(code: string): Answer {
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return { kind: 'absent' }
    case 'ETIMEOUT':
    case 'ECANCELLED':
      return { kind: 'silent' }
    case 'ECONNREFUSED':
      return { kind: 'no_server' }
    default:
      return { kind: 'failed', code }
  }
}
