// One's own account: what it reaches, its keys, its password, and where one is signed in.

import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { KeysSection } from '../../keys/keys-section.js'
import type { Resource } from '../../api.js'
import { Badge, RoleBadge } from '../../parts/badge.js'
import { DatabaseLink } from '../../parts/database-link.js'
import { Empty } from '../../parts/empty.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Records, type Column } from '../../parts/records.js'
import { Section } from '../../parts/section.js'
import { userQuery } from '../../people.js'
import { useMe } from '../../session.js'
import { PasswordSection } from './password-section.js'
import { PlacesSection } from './places-section.js'

export default function AccountPage() {
  const { account, reach } = useMe()
  return (
    <PageFrame
      title="Your account"
      description={account.groups.length > 0 ? `${account.email}, in ${account.groups.join(', ')}` : account.email}
      badges={account.org_role && <Badge tone="accent">{account.org_role}</Badge>}
    >
      <PersonalKeys account={account.name} />
      <Section title="What you reach" description="Through the proxy, with a personal key.">
        <div className="card">
          {reach.length === 0 ? (
            <Empty icon="database" title="No database yet">
              An admin gives you a role on a database, by itself or through a group.
            </Empty>
          ) : (
            <Records label="What you reach" columns={COLUMNS} records={reach} keyOf={({ database }) => database} />
          )}
        </div>
      </Section>
      <PasswordSection />
      <PlacesSection />
    </PageFrame>
  )
}

function PersonalKeys({ account: email }: { account: string }) {
  const { data: user } = useQuery(userQuery(email))
  return (
    <KeysSection
      account={email}
      may="manage"
      {...(user && { activeKeys: user.active_keys })}
      title="Personal keys"
      description="For your own terminal and tools. A program deserves a service account, whose keys do not end with yours."
    />
  )
}

const COLUMNS: readonly Column<Resource<'Reach'>>[] = [
  {
    label: 'Database',
    show: ({ database }) => <DatabaseLink name={database} />,
  },
  { label: 'Role', show: ({ role }) => <RoleBadge role={role} /> },
  {
    label: 'Why',
    show: ({ because }) => (
      <Text size="sm">{because.rule === 'group' ? `Through the group ${because.group}` : 'A grant of your own'}</Text>
    ),
  },
]
