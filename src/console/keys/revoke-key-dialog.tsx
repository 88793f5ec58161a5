// Revokes one key.

import { api, type Resource } from '../api.js'
import { watchChange } from '../change-watch.js'
import { ConfirmDialog } from '../parts/confirm-dialog.js'
import { useLive } from '../sessions/live-count.js'

export function RevokeKeyDialog({ keyToRevoke, onClose }: { keyToRevoke: Resource<'Key'>; onClose: () => void }) {
  const { id, name, account } = keyToRevoke
  const live = useLive({ account, key: id })
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke ${name ?? id}?`}
      deed="Revoke key"
      act={() => api.POST('/v1/keys/{id}/revoke', { params: { path: { id } } })}
      onDone={() => watchChange({ title: `Revoked ${name ?? id} of ${account}`, sessions: live.sessions })}
    >
      Whatever connects with this key is refused from now on. It has {live.words} now, and what is live ends, within a
      second as a rule. Other keys of {account} are not touched. This can not be undone.
    </ConfirmDialog>
  )
}
