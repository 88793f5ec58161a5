// What the list of sessions says of each.

import { duration, size } from '../../amounts.js'
import type { Session } from '../../live-sessions.js'
import { Badge, RoleBadge } from '../../parts/badge.js'
import type { Column } from '../../parts/records.js'

export const SESSION_COLUMNS: readonly Column<Session>[] = [
  {
    label: 'Account',
    show: ({ account, key }) => (
      <div className="two-lines">
        <span className="mono" style={{ fontWeight: 500, overflowWrap: 'anywhere' }}>
          {account}
        </span>
        <span className="second-line">
          key <span className="mono">{key}</span>
        </span>
      </div>
    ),
  },
  {
    label: 'Database',
    show: ({ database, role }) => (
      <span style={{ display: 'inline-flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
        <span className="mono">{database}</span>
        <RoleBadge role={role} />
      </span>
    ),
  },
  {
    label: 'Client',
    show: ({ address, application }) => (
      <div className="two-lines">
        <span className="mono">{address}</span>
        {application !== null && <span className="second-line">{application}</span>}
      </div>
    ),
  },
  { label: 'State', show: ({ state }) => <Badge tone={state === 'busy' ? 'accent' : 'plain'}>{state}</Badge> },
  {
    label: 'Open for',
    show: ({ age_seconds, opened_at }) => (
      <time dateTime={opened_at} title={new Date(opened_at).toLocaleString('en')} style={{ whiteSpace: 'nowrap' }}>
        {duration(age_seconds)}
      </time>
    ),
  },
  {
    label: 'Traffic',
    show: ({ bytes_from_client, bytes_from_database }) => (
      <div className="two-lines" style={{ whiteSpace: 'nowrap' }}>
        <span>{size(bytes_from_database)} down</span>
        <span className="second-line">{size(bytes_from_client)} up</span>
      </div>
    ),
  },
  {
    label: 'Instance',
    show: ({ host, instance }) => (
      <span className="mono" title={instance}>
        {host}
      </span>
    ),
  },
]
