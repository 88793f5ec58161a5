// Asks whether a session shall end, and shows it end.

import { Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { duration } from '../../amounts.js'
import { api } from '../../api.js'
import { watchChange } from '../../change-watch.js'
import type { Session } from '../../live-sessions.js'
import { ConfirmDialog } from '../../parts/confirm-dialog.js'

/** @param session the one that is asked about; null: none */
export function EndSession({ session, onClose }: { session: Session | null; onClose: () => void }) {
  // What it says stays while it closes.
  const [last, setLast] = useState(session)
  if (session !== null && session !== last) setLast(session)
  if (last === null) return null
  const { id, account, database, application, address, age_seconds, state } = last
  return (
    <ConfirmDialog
      isOpen={session !== null}
      onClose={onClose}
      title="End this session?"
      deed="End the session"
      act={async () => (await api.POST('/v1/sessions/{id}/end', { params: { path: { id } } })).data}
      onDone={({ seq }) => watchChange({ title: `Ended session ${id} of ${account}`, sessions: [last], seq })}
    >
      <Stack gap="sm">
        <Text size="sm">
          <b className="mono">{account}</b> on <b className="mono">{database}</b>, from{' '}
          <span className="mono">{address}</span>
          {application === null ? '' : ` (${application})`}, open for {duration(age_seconds)}.
        </Text>
        <Text size="sm">
          {state === 'busy' ? 'It is busy: its running query is cancelled' : 'A query that it runs then is cancelled'},
          and its client reads that an admin ended it. No other session is touched.
        </Text>
        <Text size="sm" c="dimmed">
          Its key goes on working, so the client may connect again. To keep it out, revoke the key{' '}
          <span className="mono">{last.key}</span>.
        </Text>
      </Stack>
    </ConfirmDialog>
  )
}
