// Revokes every key of an account.

import { api } from '../api.js'
import { ConfirmDialog } from '../parts/confirm-dialog.js'
import { tell } from '../parts/toasts.js'
import { useLiveSessions } from '../sessions/live-count.js'

interface RevokeAllDialogProps {
  readonly account: string
  readonly activeKeys: number
  readonly onClose: () => void
}

export function RevokeAllDialog({ account, activeKeys, onClose }: RevokeAllDialogProps) {
  const live = useLiveSessions(account)
  const keys = `${activeKeys} active key${activeKeys === 1 ? '' : 's'}`
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke ${keys}?`}
      deed={`Revoke ${keys}`}
      act={async () =>
        (await api.POST('/v1/accounts/{account}/keys/revoke-all', { params: { path: { account } } })).data
      }
      onDone={({ active }) => tell(`Revoked ${active} active key${active === 1 ? '' : 's'} of ${account}.`)}
    >
      Everything that connects as {account} is refused from now on, and its sessions end: {live ?? '…'} now. The account
      stays, and can have new keys. This can not be undone.
    </ConfirmDialog>
  )
}
