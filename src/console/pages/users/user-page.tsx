// A person: what they may do, what goes on in their name, and the ways to stop it.

import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Link, useParams } from 'react-router'
import { api } from '../../api.js'
import { KeysSection } from '../../keys/keys-section.js'
import { useList } from '../../list.js'
import { Answer } from '../../parts/answer.js'
import { StateBadge } from '../../parts/badge.js'
import { Empty } from '../../parts/empty.js'
import { OnlyFor } from '../../parts/only-for.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Listing } from '../../parts/records.js'
import { Section } from '../../parts/section.js'
import { Time } from '../../parts/time.js'
import { userQuery, type User } from '../../people.js'
import { useMe, useRights } from '../../session.js'
import { SESSION_COLUMNS } from '../sessions/session-columns.js'
import { DeleteUser } from './delete-user.js'
import { ChangeRole, PasswordLink, SetActive } from './user-acts.js'

export default function UserPage() {
  const { email = '' } = useParams()
  return (
    <OnlyFor who="observers" title={email}>
      <UserByEmail email={email} />
    </OnlyFor>
  )
}

const ABOVE = [{ label: 'Users', to: '/users' }]

function UserByEmail({ email }: { email: string }) {
  const { isAdmin } = useRights()
  const { account: me } = useMe()
  const query = useQuery(userQuery(email))
  const user = query.data
  return (
    <PageFrame
      title={email}
      above={ABOVE}
      badges={user && <StateBadge state={user.state} />}
      actions={isAdmin && user && user.state !== 'deleted' ? <Acts user={user} isMe={email === me.name} /> : undefined}
    >
      <Answer query={query}>
        {user => (
          <>
            <Facts user={user} />
            <KeysSection
              account={user.email}
              may={isAdmin && user.state !== 'deleted' ? 'revoke' : 'see'}
              activeKeys={user.active_keys}
              title="Personal keys"
              description="The keys that they connect with, without their tokens."
            />
            <Sessions account={user.email} />
          </>
        )}
      </Answer>
    </PageFrame>
  )
}

type Asked = 'role' | 'state' | 'delete' | 'link'

function Acts({ user, isMe }: { user: User; isMe: boolean }) {
  const [asked, setAsked] = useState<Asked | null>(null)
  const close = () => setAsked(null)
  return (
    <>
      <Button variant="default" onClick={() => setAsked('role')}>
        Change role
      </Button>
      {user.state === 'active' && (
        <Button variant="default" onClick={() => setAsked('link')}>
          Password link
        </Button>
      )}
      {!isMe && (
        <>
          <Button variant="default" onClick={() => setAsked('state')}>
            {user.state === 'active' ? 'Deactivate' : 'Activate'}
          </Button>
          <Button variant="default" c="var(--postern-bad)" onClick={() => setAsked('delete')}>
            Delete
          </Button>
        </>
      )}
      {asked === 'role' && <ChangeRole user={user} onClose={close} />}
      {asked === 'link' && <PasswordLink user={user} onClose={close} />}
      {asked === 'state' && <SetActive user={user} onClose={close} />}
      {asked === 'delete' && <DeleteUser user={user} onClose={close} />}
    </>
  )
}

function Facts({ user }: { user: User }) {
  const { org_role, administers, groups, active_keys, created_at, deactivated_at } = user
  return (
    <dl className="facts card" style={{ padding: 20, marginBottom: 32 }}>
      <Fact name="Role in the organization">
        {org_role}
        {administers && org_role !== 'admin' ? ', and admin through a group' : ''}
      </Fact>
      <Fact name="Groups">
        {groups.length === 0 ? (
          'none'
        ) : (
          <Group gap={8} component="span">
            {groups.map(name => (
              <Link key={name} className="quiet-link mono" to={`/groups/${name}`}>
                {name}
              </Link>
            ))}
          </Group>
        )}
      </Fact>
      <Fact name="Active personal keys">{active_keys}</Fact>
      <Fact name="Here since">
        <Time at={created_at} />
      </Fact>
      {deactivated_at !== null && (
        <Fact name="Deactivated">
          <Time at={deactivated_at} />
        </Fact>
      )}
      <Fact name="What they did">
        <Link className="quiet-link" to={`/audit?actor=${encodeURIComponent(user.email)}`}>
          in the audit log
        </Link>
      </Fact>
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Text size="sm" component="span">
          {children}
        </Text>
      </dd>
    </div>
  )
}

function Sessions({ account }: { account: string }) {
  const list = useList(
    ['sessions', { account }],
    page => api.GET('/v1/sessions', { params: { query: { account, ...page } } }),
    { everyMs: 5_000 },
  )
  return (
    <Section
      title="Live sessions"
      description="With their personal keys."
      actions={
        <Button component={Link} variant="default" to={`/sessions?account=${encodeURIComponent(account)}`}>
          Open in Sessions
        </Button>
      }
    >
      <Listing
        label="Live sessions"
        list={list}
        keyOf={({ id }) => id}
        columns={SESSION_COLUMNS}
        empty={
          <Empty icon="plug" title="Not connected">
            What connects with a personal key of theirs shows up here within seconds.
          </Empty>
        }
      />
    </Section>
  )
}
