// The token of a new key, as a secret that is revoked when it cannot be shown or its answer was lost.

import type { PosternClient } from '../sdk/client.js'
import type { components } from '../sdk/openapi.js'
import type { ShownOnce } from './lost-answer.js'
import type { Secret } from './output.js'
import { time } from './table.js'

/** Returns what revokes the key when its token could not be shown. */
export function keySecret(postern: PosternClient, { id, account }: { id: string; account?: string }): Secret {
  return {
    name: account === undefined ? `key ${id}` : `key ${id} of ${account}`,
    revoke: () => postern.POST('/v1/keys/{id}/revoke', { params: { path: { id } } }),
    byHand: `postern key revoke ${id}`,
  }
}

/** What `key create` creates. */
export function newKeyOf(account: string): ShownOnce {
  return {
    what: `a key of ${account}`,
    look: `postern key list ${account} shows it: revoke it with postern key revoke ID`,
    secret: (postern, id) => keySecret(postern, { id, account }),
  }
}

/** What `key rotate` creates. */
export function successorOf(oldId: string): ShownOnce {
  const old = async (postern: PosternClient) =>
    (await postern.GET('/v1/keys/{id}', { params: { path: { id: oldId } } })).data
  return {
    what: `a successor of key ${oldId}`,
    look:
      'postern key list ACCOUNT shows it, and until when the old key works: revoke the new one with postern key revoke ID, ' +
      'and create another with postern key create ACCOUNT',
    secret: (postern, id) => keySecret(postern, { id }),
    next: async postern => afterRotation(await old(postern)),
  }
}

/** What to do when the successor of a key was revoked: the old key keeps the end that the rotation has set. */
export function afterRotation(old: components['schemas']['Key']): string {
  const end = old.state === 'active' ? `works until ${time(old.expires_at)} UTC` : 'no longer works'
  return `key ${old.id} ${end} after this rotation: create a new key with postern key create ${old.account}`
}
