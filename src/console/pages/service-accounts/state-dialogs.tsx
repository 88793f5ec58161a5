// Stopping a service account for a while, letting it go on, and ending it for good.

import { useNavigate } from 'react-router'
import { count } from '../../amounts.js'
import { api, type Resource } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'
import { tell } from '../../parts/toasts.js'
import { useLive } from '../../sessions/live-count.js'

interface StateDialogProps {
  readonly account: Resource<'ServiceAccount'>
  readonly onClose: () => void
}

function keysOf({ active_keys: keys }: Resource<'ServiceAccount'>): string {
  return keys === 0 ? 'no active key' : count(keys, 'active key')
}

export function DisableDialog({ account, onClose }: StateDialogProps) {
  const live = useLive({ account: account.name })
  const path = { name: account.name }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Disable ${account.name}?`}
      deed="Disable account"
      act={() => api.POST('/v1/service-accounts/{name}/disable', { params: { path } })}
      onDone={() => watchChange({ title: `Disabled ${account.name}`, sessions: live.sessions })}
    >
      It has {keysOf(account)} and {live.words}. Its keys are refused from now on and its sessions end, within a second
      as a rule. Enabled again, the same keys work again.
    </ConfirmDialog>
  )
}

export function EnableDialog({ account, onClose }: StateDialogProps) {
  const path = { name: account.name }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      isHarmless
      title={`Enable ${account.name}?`}
      deed="Enable account"
      act={() => api.POST('/v1/service-accounts/{name}/enable', { params: { path } })}
      onDone={() => tell(`Enabled ${account.name}.`)}
    >
      It has {keysOf(account)}, which work again at once. Those that were revoked or have expired meanwhile do not.
    </ConfirmDialog>
  )
}

export function DeleteDialog({ account, onClose }: StateDialogProps) {
  const live = useLive({ account: account.name })
  const navigate = useNavigate()
  const path = { name: account.name }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete ${account.name}?`}
      deed="Delete account"
      act={async () => {
        await api.DELETE('/v1/service-accounts/{name}', { params: { path } })
        await navigate('/service-accounts')
      }}
      onDone={() => watchChange({ title: `Deleted ${account.name}`, sessions: live.sessions })}
    >
      For good. It has {keysOf(account)} and {live.words}: the keys are revoked and the sessions end. Whatever still
      connects as it has to be given another account.
    </ConfirmDialog>
  )
}
