// A group as text: itself, who is in it, and what it gives them.

import type { components } from '../sdk/openapi.js'
import { details, table, time, type Column, type Layout } from './table.js'

export type Group = components['schemas']['Group']
export type Member = components['schemas']['GroupMember']
export type GroupGrant = components['schemas']['GroupGrant']

export function groupText(
  group: Group,
  members: readonly Member[],
  grants: readonly GroupGrant[],
  layout: Layout,
): string {
  const itself = details(
    [
      ['Name', group.name],
      ['Description', group.description ?? '-'],
      ['Administers', group.organization_admin ? 'the organization' : 'nothing'],
      ['Made', `${time(group.created_at)} UTC`],
    ],
    layout,
  )
  return [itself, grantsText(grants, layout), membersText(members, layout)].join('\n\n')
}

export function membersText(members: readonly Member[], layout: Layout): string {
  return members.length === 0 ? 'Nobody is in it.' : table(MEMBER_COLUMNS, members, layout)
}

export function grantsText(grants: readonly GroupGrant[], layout: Layout): string {
  return grants.length === 0 ? 'It gives no role on any database.' : table(GRANT_COLUMNS, grants, layout)
}

const MEMBER_COLUMNS: readonly Column<Member>[] = [
  { title: 'MEMBER', kind: 'id', cell: member => member.account },
  { title: 'KIND', kind: 'fact', cell: member => member.kind, optional: true },
  { title: 'STATE', kind: 'fact', cell: member => member.state },
  { title: 'SINCE', kind: 'fact', cell: member => time(member.since), optional: true },
]

const GRANT_COLUMNS: readonly Column<GroupGrant>[] = [
  { title: 'DATABASE', kind: 'id', cell: grant => grant.database },
  { title: 'ROLE', kind: 'fact', cell: grant => grant.role },
  { title: 'SINCE', kind: 'fact', cell: grant => time(grant.created_at), optional: true },
]
