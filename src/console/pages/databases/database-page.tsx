// One database: how to connect to it, who may, who is, and whether its logins are what they should be.

import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from 'react-router'
import { api, type Resource } from '../../api.js'
import { Answer } from '../../parts/answer.js'
import { RoleBadge } from '../../parts/badge.js'
import { PageFrame } from '../../parts/page-frame.js'
import { SessionsTable } from '../../sessions/sessions-table.js'
import { useRights } from '../../session.js'
import { AccessTab } from './access-tab.js'
import { CheckTab } from './check-tab.js'
import { ConnectTab } from './connect-tab.js'
import { NotFound } from '../../shell/not-found.js'

const TABS = [
  { value: 'connect', label: 'Connect', Tab: ConnectTab },
  { value: 'access', label: 'Access', Tab: AccessTab },
  { value: 'sessions', label: 'Live sessions', Tab: SessionsTab },
  { value: 'check', label: 'Check', Tab: CheckTab, isForAdmins: true },
] as const

export default function DatabasePage() {
  const { name = '', tab = 'connect' } = useParams()
  const { isAdmin } = useRights()
  const navigate = useNavigate()
  const query = useQuery({
    queryKey: ['databases', name],
    queryFn: async () => (await api.GET('/v1/databases/{name}', { params: { path: { name } } })).data,
  })
  const tabs = TABS.filter(each => isAdmin || !('isForAdmins' in each))
  if (!tabs.some(({ value }) => value === tab)) return <NotFound />
  return (
    <PageFrame
      title={name}
      above={[{ label: 'Databases', to: '/databases' }]}
      badges={query.data && <RoleBadge role={query.data.role} />}
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={next => void navigate(`/databases/${encodeURIComponent(name)}/${next ?? 'connect'}`)}
      >
        <Tabs.List mb="lg" style={{ overflowX: 'auto', flexWrap: 'nowrap' }}>
          {tabs.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ value, Tab }) => (
          <Tabs.Panel key={value} value={value}>
            <Answer query={query}>{database => <Tab database={database} />}</Answer>
          </Tabs.Panel>
        ))}
      </Tabs>
    </PageFrame>
  )
}

function SessionsTab({ database }: { database: Resource<'Database'> }) {
  return <SessionsTable filter={{ database: database.name }} without={['database']} />
}
