// Words that stand out: a tone, an icon, and what to know or do.

import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.js'

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent'

const ICONS: Readonly<Record<Tone, IconName>> = {
  plain: 'info',
  good: 'check',
  warn: 'alert',
  bad: 'alert',
  accent: 'info',
}

interface NoticeProps {
  readonly tone?: Tone
  readonly children: ReactNode
  /** alert: read out at once. status: read out when there is time. Default: not read out by itself. */
  readonly role?: 'alert' | 'status'
}

export function Notice({ tone = 'plain', children, role }: NoticeProps) {
  return (
    <div className="notice" data-tone={tone} role={role}>
      <Icon name={ICONS[tone]} />
      <div style={{ minWidth: 0, flex: 1 }}>{children}</div>
    </div>
  )
}
