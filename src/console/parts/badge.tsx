// Small words of state: a role, an account's state, a key's.

import type { ReactNode } from 'react'
import type { Resource } from '../api.js'
import type { Tone } from './notice.js'

export function Badge({ tone = 'plain', title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone} title={title}>
      {children}
    </span>
  )
}

export type Role = Resource<'Reach'>['role']

const ROLE_TONES: Readonly<Record<Role, Tone>> = { reader: 'plain', writer: 'accent', admin: 'warn' }

/** `null`: no role at all. */
export function RoleBadge({ role }: { role: Role | null }) {
  if (role === null) return <Badge title="You see it as an admin or viewer of the organization">no role</Badge>
  return <Badge tone={ROLE_TONES[role]}>{role}</Badge>
}

const STATE_TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  disabled: 'warn',
  expired: 'warn',
  revoked: 'plain',
  deleted: 'bad',
}

export function StateBadge({ state }: { state: string }) {
  return <Badge tone={STATE_TONES[state] ?? 'plain'}>{state}</Badge>
}
