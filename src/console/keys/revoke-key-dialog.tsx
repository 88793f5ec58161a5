// Revokes one key.

import { api, type Resource } from '../api.js'
import { ConfirmDialog } from '../parts/confirm-dialog.js'
import { tell } from '../parts/toasts.js'
import { useLiveSessions } from '../sessions/live-count.js'

export function RevokeKeyDialog({ keyToRevoke, onClose }: { keyToRevoke: Resource<'Key'>; onClose: () => void }) {
  const { id, name, account } = keyToRevoke
  const live = useLiveSessions(account, id)
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke ${name ?? id}?`}
      deed="Revoke key"
      act={() => api.POST('/v1/keys/{id}/revoke', { params: { path: { id } } })}
      onDone={() => tell(`Revoked ${name ?? id} of ${account}.`)}
    >
      Whatever connects with this key is refused from now on. It has {live ?? '…'} now:{' '}
      {live === null || live.startsWith('no ') ? 'nothing is' : 'that is'} cut off, within a second as a rule. Other
      keys of {account} are not touched. This can not be undone.
    </ConfirmDialog>
  )
}
