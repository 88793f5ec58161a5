// The names of what there is, as the API lists them: for completion, and for "did you mean …?".

import type { PosternClient } from '../sdk/client.js'
import { nearestName } from '../nearest-name.js'
import { all } from './listing.js'

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

/** Lists all of a kind that the caller may see. */
export function listNames(postern: PosternClient, noun: Noun): Promise<Named[]> {
  return LISTS[noun](postern)
}

const LISTS: Readonly<Record<Noun, (postern: PosternClient) => Promise<Named[]>>> = {
  account: async postern => {
    const accounts = await all(async query => (await postern.GET('/v1/service-accounts', { params: { query } })).data)
    return accounts.map(({ name, description }) => ({ name, meaning: description ?? '' }))
  },
  database: async postern => {
    const databases = await all(async query => (await postern.GET('/v1/databases', { params: { query } })).data)
    return databases.map(({ name, role }) => ({ name, meaning: role ?? '' }))
  },
  group: async postern => {
    const groups = await all(async query => (await postern.GET('/v1/groups', { params: { query } })).data)
    return groups.map(({ name, description }) => ({ name, meaning: description ?? '' }))
  },
  user: async postern => {
    const users = await all(async query => (await postern.GET('/v1/users', { params: { query } })).data)
    return users.map(({ email, org_role }) => ({ name: email, meaning: org_role }))
  },
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
