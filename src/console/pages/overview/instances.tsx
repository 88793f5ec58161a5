// The running instances, and how fresh the list of revocations is on each.

import { duration } from '../../amounts.js'
import type { Resource } from '../../api.js'
import { Answer } from '../../parts/answer.js'
import { Badge } from '../../parts/badge.js'
import { Records, type Column } from '../../parts/records.js'
import { Section } from '../../parts/section.js'
import { Time } from '../../parts/time.js'
import { useInstances } from './overview-queries.js'

type Instance = Resource<'Instance'>

export function Instances() {
  return (
    <Section
      title="Instances"
      description="A revocation holds on an instance once its list is as new. One whose list gets too old takes no logins."
    >
      <Answer query={useInstances()}>
        {({ items }) => (
          <div className="card">
            <Records label="Instances" columns={COLUMNS} records={items} keyOf={({ id }) => id} />
          </div>
        )}
      </Answer>
    </Section>
  )
}

const COLUMNS: readonly Column<Instance>[] = [
  {
    label: 'Instance',
    show: ({ host, id, runs_proxy }) => (
      <div className="two-lines">
        <span className="mono" style={{ fontWeight: 500 }}>
          {host}
        </span>
        <span className="second-line">
          <span className="mono">{id.slice(0, 8)}</span>
          {runs_proxy ? '' : ', API only'}
        </span>
      </div>
    ),
  },
  { label: 'State', show: ({ state }) => <Badge tone={state === 'reporting' ? 'good' : 'bad'}>{state}</Badge> },
  {
    label: 'Age of its list',
    show: ({ list_age_seconds: age }) => (age === null ? 'never read' : age < 1 ? 'under 1 s' : duration(age)),
  },
  {
    label: 'Push',
    show: ({ push }) =>
      push === null ? null : push === 'up' ? (
        <Badge tone="good">up</Badge>
      ) : (
        <Badge tone="warn" title="It has to ask for changes, every revocation.refresh">
          down
        </Badge>
      ),
  },
  {
    label: 'Newest change',
    show: ({ in_force, runs_proxy }) =>
      runs_proxy ? <Badge tone={in_force ? 'good' : 'warn'}>{in_force ? 'in force' : 'not yet'}</Badge> : null,
  },
  { label: 'Runs since', show: ({ started_at }) => <Time at={started_at} /> },
  { label: 'Version', show: ({ version }) => <span className="mono">{version}</span> },
]
