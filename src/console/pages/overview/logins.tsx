// Logins of the last hour: how many in each minute, and why some were refused.

import { Text } from '@mantine/core'
import { Link } from 'react-router'
import type { Resource } from '../../api.js'
import { Answer } from '../../parts/answer.js'
import { LoadingBlock } from '../../parts/loading.js'
import { Section } from '../../parts/section.js'
import { explainReason } from '../../reasons.js'
import { LoginChart } from './login-chart.js'
import { useLogins } from './overview-queries.js'

type LoginCounts = Resource<'LoginCounts'>

export function Logins() {
  return (
    <Section title="Logins" description="The last hour, on all instances.">
      <div className="card" style={{ padding: 20 }}>
        <Answer query={useLogins()} loading={<LoadingBlock height={210} />}>
          {counts => (
            <>
              <LoginChart minutes={counts.minutes} />
              <Reasons counts={counts} />
            </>
          )}
        </Answer>
      </div>
    </Section>
  )
}

function Reasons({ counts: { admitted, refused, reasons } }: { counts: LoginCounts }) {
  if (refused === 0) {
    return (
      <Text size="sm" c="dimmed" mt="md">
        {admitted === 0 ? 'No client has logged in within the last hour.' : 'No login was refused.'}
      </Text>
    )
  }
  return (
    <>
      <Text size="sm" fw={600} mt="lg" mb={8}>
        Refused, by reason
      </Text>
      <ul className="reasons">
        {reasons.map(({ reason, count }) => (
          <li key={reason}>
            <span className="reason-words">
              {explainReason(reason).what} <span className="mono second-line">{reason}</span>
            </span>
            <span className="reason-bar" aria-hidden="true">
              <span style={{ width: `${(100 * count) / (reasons[0]?.count ?? 1)}%` }} />
            </span>
            <span className="reason-count">{count.toLocaleString('en')}</span>
          </li>
        ))}
      </ul>
      <Text size="sm" mt="sm">
        <Link to="/audit?outcome=refused" className="quiet-link">
          See who was refused
        </Link>
      </Text>
    </>
  )
}
