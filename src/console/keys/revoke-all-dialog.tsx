// Revokes every key of an account.

import { count } from '../amounts.js'
import { api } from '../api.js'
import { watchChange } from '../change-watch.js'
import { ConfirmDialog } from '../parts/confirm-dialog.js'
import { useLive } from '../sessions/live-count.js'

interface RevokeAllDialogProps {
  readonly account: string
  readonly activeKeys: number
  readonly onClose: () => void
}

export function RevokeAllDialog({ account, activeKeys, onClose }: RevokeAllDialogProps) {
  const live = useLive({ account })
  const keys = count(activeKeys, 'active key')
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke ${keys}?`}
      deed={`Revoke ${keys}`}
      act={async () =>
        (await api.POST('/v1/accounts/{account}/keys/revoke-all', { params: { path: { account } } })).data
      }
      onDone={({ active }) =>
        watchChange({ title: `Revoked ${count(active, 'active key')} of ${account}`, sessions: live.sessions })
      }
    >
      Everything that connects as {account} is refused from now on, and its sessions end: {live.words} now. The account
      stays, and can have new keys. This can not be undone.
    </ConfirmDialog>
  )
}
