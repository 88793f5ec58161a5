// What stands out about a key: it expires soon, or nobody uses it.

import type { Resource } from '../api.js'
import { Badge } from '../parts/badge.js'
import { fromNow, useNow } from '../parts/time.js'

const DAY_MS = 86_400_000
const SOON_MS = 14 * DAY_MS
/** A key that was just made has had no chance yet. */
const UNUSED_MS = 7 * DAY_MS
const IDLE_MS = 90 * DAY_MS

export function KeyNotes({ of }: { of: Resource<'Key'> }) {
  const nowMs = useNow()
  if (of.state !== 'active') return null
  return (
    <>
      {of.expires_at !== null && Date.parse(of.expires_at) - nowMs < SOON_MS && (
        <Badge tone="warn">expires {fromNow(Date.parse(of.expires_at), nowMs)}</Badge>
      )}
      {isUnused(of, nowMs) && <Badge tone="warn">unused</Badge>}
    </>
  )
}

function isUnused({ created_at: created, last_used: used }: Resource<'Key'>, nowMs: number): boolean {
  if (used === null) return nowMs - Date.parse(created) > UNUSED_MS
  return nowMs - Date.parse(used.at) > IDLE_MS
}
