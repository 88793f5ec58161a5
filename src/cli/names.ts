// The names of what there is, as the API lists them: for completion, and for "did you mean …?".

import type { PosternClient } from '../sdk/client.js'
import { nearestName } from '../nearest-name.js'
import { all, type Page, type PageQuery } from './listing.js'

/** What people call by a name. */
export const NOUNS = ['account', 'database', 'group', 'user'] as const
export type Noun = (typeof NOUNS)[number]

export interface Named {
  readonly name: string
  /** What it is, in a few words; may be empty. */
  readonly meaning: string
}

/** Names by what they are names of. */
export type Names = { readonly [N in Noun]?: readonly string[] }

/** Lists all of a kind that the caller may see, and of these, if asked, those that the API finds for a text.
 * @throws CommandError when there are more than `maxItems`: a list that is cut off would look whole. */
export async function listNames(
  postern: PosternClient,
  noun: Noun,
  { search, maxItems }: { readonly search?: string; readonly maxItems?: number } = {},
): Promise<Named[]> {
  const filter = search === undefined || search === '' ? {} : { q: search }
  return all(async page => PAGES[noun](postern, { ...filter, ...page }), maxItems)
}

type NamesQuery = PageQuery & { readonly q?: string }

const PAGES: Readonly<Record<Noun, (postern: PosternClient, query: NamesQuery) => Promise<Page<Named>>>> = {
  account: async (postern, query) =>
    named((await postern.GET('/v1/service-accounts', { params: { query } })).data, ({ name, description }) => ({
      name,
      meaning: description ?? '',
    })),
  database: async (postern, query) =>
    named((await postern.GET('/v1/databases', { params: { query } })).data, ({ name, role }) => ({
      name,
      meaning: role ?? '',
    })),
  group: async (postern, query) =>
    named((await postern.GET('/v1/groups', { params: { query } })).data, ({ name, description }) => ({
      name,
      meaning: description ?? '',
    })),
  user: async (postern, query) =>
    named((await postern.GET('/v1/users', { params: { query } })).data, ({ email, org_role }) => ({
      name: email,
      meaning: org_role,
    })),
}

function named<Item>({ items, next_cursor }: Page<Item>, toNamed: (item: Item) => Named): Page<Named> {
  return { items: items.map(toNamed), next_cursor }
}

/** Says what an account's name is the name of: only a person's, an e-mail address, has an @. */
export function ofAccount(name: string): Names {
  return name.includes('@') ? { user: [name] } : { account: [name] }
}

/** Finds the name that was meant.
 * @param typed what was given on the command line, of the kinds that it could be.
 * @returns null when every name is right, none is near, or the API does not list them to this caller. */
export async function meantName(postern: PosternClient, typed: Names): Promise<string | null> {
  for (const noun of NOUNS) {
    const known = typed[noun] ? await listNames(postern, noun).catch(() => []) : []
    const names = known.map(({ name }) => name)
    const wrong = typed[noun]?.find(name => !names.includes(name))
    const nearest = wrong === undefined ? undefined : nearestName(wrong, names)
    if (nearest !== undefined) return nearest
  }
  return null
}
