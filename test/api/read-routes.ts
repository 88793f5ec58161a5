// Reads every GET route of the API's document, with parameters that are filled from what exists or has existed. A new route
// is read without a change here; one with a path parameter or a required query that nothing fills is an error.

import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Dice } from '../support/dice.js'

const NOUNS = [
  'service-accounts',
  'users',
  'databases',
  'groups',
  'keys',
  'invitations',
  'sessions',
  'instances',
] as const
type Noun = (typeof NOUNS)[number]

/** What may stand for a parameter: ids and names of what exists or has existed, by what stands before it in the path. */
export type Known = Readonly<Record<Noun, Set<string>>>

export interface Read {
  /** As in the document: `/v1/keys/{id}`. */
  readonly route: string
  readonly url: string
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: { readonly enum?: readonly string[]; readonly type?: string; readonly minimum?: number }
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly get?: { readonly parameters?: readonly Parameter[] } }>>
}

/** A GET route of the document: its address, and the parameters of its query. */
export interface GetRoute {
  readonly route: string
  readonly needed: readonly Parameter[]
  readonly options: readonly Parameter[]
}

/** Lists every GET route of the API's document. */
export function getRoutesOf(app: FastifyInstance): GetRoute[] {
  const { paths } = app.swagger() as unknown as Document
  return Object.entries(paths).flatMap(([route, { get }]) => {
    if (!get) return []
    const queries = (get.parameters ?? []).filter(parameter => parameter.in === 'query')
    const isNeeded = ({ required }: Parameter) => required === true
    return { route, needed: queries.filter(isNeeded), options: queries.filter(one => !isNeeded(one)) }
  })
}

/** Plans reads of every GET route: each once without options, and again with those that the dice choose.
 * @param chance percent: how often an option is chosen
 * @throws Error for a parameter that nothing fills */
export function planReads(
  routes: readonly GetRoute[],
  known: Known,
  { dice, percent }: { readonly dice: Dice; readonly percent: number },
): Read[] {
  return routes.flatMap(({ route, needed, options }) => {
    const path = fillPath(route, known, dice)
    const url = (chosen: readonly Parameter[]): Read => {
      const query = new URLSearchParams()
      for (const parameter of chosen) query.set(parameter.name, fillQuery(route, parameter, known, dice))
      return { route, url: chosen.length > 0 ? `${path}?${query.toString()}` : path }
    }
    const some = options.filter(() => dice.chance(percent))
    return [url(needed), ...(some.length > 0 ? [url([...needed, ...some])] : [])]
  })
}

/** Returns the address of the page that follows; null: there is none. */
export function nextPage({ url }: Read, response: LightMyRequestResponse): string | null {
  if (!String(response.headers['content-type']).startsWith('application/json')) return null
  const { next_cursor: cursor } = response.json<{ next_cursor?: string | null }>()
  if (typeof cursor !== 'string') return null
  const [path = '', query = ''] = url.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('cursor', cursor)
  return `${path}?${parameters.toString()}`
}

/** What stands before the name of an account of either kind. */
const ACCOUNTS: ReadonlySet<string> = new Set(['accounts', 'access'])

function fillPath(route: string, known: Known, dice: Dice): string {
  return route.replace(/([\w-]+)\/\{(\w+)\}/g, (_, noun: string, name: string) => {
    const values = ACCOUNTS.has(noun) ? accounts(known) : isNoun(noun) ? known[noun] : null
    if (values === null)
      throw new Error(`GET ${route}: nothing fills {${name}} of ${noun}; see test/api/read-routes.ts`)
    return `${noun}/${encodeURIComponent(dice.pick([...values]))}`
  })
}

function fillQuery(route: string, { name, schema, required }: Parameter, known: Known, dice: Dice): string {
  const text = QUERIES[name]?.(known, dice)
  if (text !== undefined) return text
  if (schema.enum) return dice.pick(schema.enum.filter(value => value !== null))
  if (schema.type === 'boolean') return dice.pick(['true', 'false'])
  if (schema.type === 'integer') return String((schema.minimum ?? 0) + dice.below(3))
  if (required === true || schema.type !== 'string') {
    throw new Error(`GET ${route}: nothing fills the query ${name}; see test/api/read-routes.ts`)
  }
  // Text that a list is searched for, most likely.
  return dice.pick([...accounts(known), ...known.databases, ...known.groups])
}

const QUERIES: Readonly<Record<string, (known: Known, dice: Dice) => string>> = {
  account: (known, dice) => dice.pick([...accounts(known)]),
  database: ({ databases }, dice) => dice.pick([...databases]),
  instance: ({ instances }, dice) => dice.pick([...instances]),
  address: (_, dice) => dice.pick(['192.0.2.7', '2001:db8::1', 'nowhere']),
  limit: (_, dice) => dice.pick(['1', '2', '200']),
  cursor: () => Buffer.from('["a"]').toString('base64url'),
  from: () => '2020-01-01T00:00:00Z',
  until: () => '2100-01-01T00:00:00Z',
  anchor: () => `0:${'0'.repeat(64)}`,
}

function isNoun(word: string): word is Noun {
  return (NOUNS as readonly string[]).includes(word)
}

function accounts(known: Known): Set<string> {
  return new Set([...known.users, ...known['service-accounts']])
}
