// How long what an instance last reported counts.

import type { Settings } from '../settings.js'

/** A report may be late by so much: a busy machine, a slow store. */
const SLACK_MS = 10_000

/** See ApiParts.reports. */
export function reportAges({ sessions, revocation }: Pick<Settings, 'sessions' | 'revocation'>): {
  silentAfterMs: number
  goneAfterMs: number
} {
  const silentAfterMs = 3 * sessions.reportMs + SLACK_MS
  return { silentAfterMs, goneAfterMs: Math.max(silentAfterMs, revocation.maxAgeMs + SLACK_MS) }
}
