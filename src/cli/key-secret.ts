// The token of a new key, as a secret that is revoked when it cannot be shown.

import type { PosternClient } from '../sdk/client.js'
import type { components } from '../sdk/openapi.js'
import type { Secret } from './output.js'

/** Returns what revokes the key when its token could not be shown. */
export function keySecret(
  postern: PosternClient,
  { id, account }: Pick<components['schemas']['Key'], 'id' | 'account'>,
): Secret {
  return {
    name: `key ${id} of ${account}`,
    revoke: () => postern.POST('/v1/keys/{id}/revoke', { params: { path: { id } } }),
    byHand: `postern key revoke ${id}`,
  }
}
