// The link of an invitation or for a new password, as a secret that is revoked when it cannot be shown or its answer was
// lost.

import type { PosternClient } from '../sdk/client.js'
import type { ShownOnce } from './lost-answer.js'
import type { Secret } from './output.js'

/** Returns what revokes the link when it could not be shown. */
export function linkSecret(
  postern: PosternClient,
  { id, email }: { readonly id: string; readonly email: string },
): Secret {
  return {
    name: `the link for ${email}`,
    revoke: () => postern.DELETE('/v1/invitations/{id}', { params: { path: { id } } }),
    byHand: `postern user uninvite ${email}`,
  }
}

/** What `user invite` and `user password-link` create. */
export function newLinkFor(email: string): ShownOnce {
  return {
    what: `a link for ${email}`,
    look: `postern user invitations shows it: revoke it with postern user uninvite ${email}`,
    secret: (postern, id) => linkSecret(postern, { id, email }),
  }
}
