// A service account as text.

import type { components } from '../sdk/openapi.js'
import { details, time, type Layout } from './table.js'

export type Account = components['schemas']['ServiceAccount']

const STRANDED =
  'none: its databases were removed. A pinned account cannot be edited: create a new one with postern account create'

/** Renders all there is to know of an account. */
export function accountText(account: Account, layout: Layout): string {
  const state = account.disabled_at ? `${account.state} since ${time(account.disabled_at)} UTC` : account.state
  return details(
    [
      ['Name', account.name],
      ['Description', account.description ?? '-'],
      ['State', state],
      ...scopeLines(account.scope),
      ['Allowed from', account.allow_from?.join(', ') ?? 'anywhere'],
      ['Active keys', String(account.active_keys)],
      ['Last used', account.last_used_at ? `${time(account.last_used_at)} UTC` : 'never'],
      ['Made by', `${account.made_by ?? '-'}, ${time(account.created_at)} UTC`],
    ],
    layout,
  )
}

function scopeLines(scope: Account['scope']): [string, string][] {
  if (scope.type === 'groups') return [['Groups', scope.groups.join(', ')]]
  return [
    ['Role', scope.role],
    ['Databases', scope.databases.join(', ') || STRANDED],
  ]
}
