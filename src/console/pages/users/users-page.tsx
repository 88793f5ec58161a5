// The people of the organization, and who was invited into it. Machines are elsewhere: they never log in here.

import { Button, Tabs } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation, useNavigate } from 'react-router'
import { api } from '../../api.js'
import { Badge, StateBadge } from '../../parts/badge.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { Icon } from '../../parts/icon.js'
import { OnlyFor } from '../../parts/only-for.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Listing, type Column } from '../../parts/records.js'
import { Time } from '../../parts/time.js'
import type { User } from '../../people.js'
import { useFind } from '../../search.js'
import { useMe, useRights } from '../../session.js'
import { Invitations } from './invitations.js'
import { InviteDialog } from './invite-dialog.js'

const INVITATIONS = '/users/invitations'

export default function UsersPage() {
  const { pathname } = useLocation()
  const isInvitations = pathname === INVITATIONS
  return (
    <OnlyFor who={isInvitations ? 'admins' : 'observers'} title={isInvitations ? 'Invitations' : 'Users'}>
      <Users tab={isInvitations ? 'invitations' : 'people'} />
    </OnlyFor>
  )
}

function Users({ tab }: { tab: 'people' | 'invitations' }) {
  const { isAdmin } = useRights()
  const navigate = useNavigate()
  const [isInviting, setIsInviting] = useState(false)
  const invite = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setIsInviting(true)}>
      Invite
    </Button>
  )
  return (
    <PageFrame
      title={tab === 'people' ? 'Users' : 'Invitations'}
      description="People who sign in here. Programs connect with service accounts, which are not listed."
      actions={isAdmin ? invite : undefined}
    >
      {isAdmin ? (
        <Tabs
          value={tab}
          onChange={next => void navigate(next === 'people' ? '/users' : INVITATIONS)}
          keepMounted={false}
        >
          <Tabs.List mb="md">
            <Tabs.Tab value="people">People</Tabs.Tab>
            <Tabs.Tab value="invitations">Invitations</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="people">
            <People />
          </Tabs.Panel>
          <Tabs.Panel value="invitations">
            <Invitations invite={invite} />
          </Tabs.Panel>
        </Tabs>
      ) : (
        <People />
      )}
      {isInviting && <InviteDialog onClose={() => setIsInviting(false)} />}
    </PageFrame>
  )
}

function People() {
  const { account: me } = useMe()
  const find = useFind(['users'], query => api.GET('/v1/users', { params: { query } }))
  const name: Column<User> = {
    label: 'Person',
    show: ({ email }) => (
      <span style={{ display: 'inline-flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
        <Link className="record-link" to={`/users/${encodeURIComponent(email)}`}>
          {email}
        </Link>
        {email === me.name && <Badge>you</Badge>}
      </span>
    ),
  }
  return (
    <>
      <FindField find={find} label="Find by e-mail address" />
      <Listing
        label="Users"
        list={find.list}
        keyOf={({ email }) => email}
        columns={[name, ...COLUMNS]}
        // Without a search there is one at least: the reader of this page.
        empty={<NoneFound find={find} title="No person matches" searched="E-mail addresses" />}
      />
    </>
  )
}

const COLUMNS: readonly Column<User>[] = [
  {
    label: 'Role',
    show: ({ org_role, administers }) => (
      <span style={{ display: 'inline-flex', gap: 6 }}>
        <Badge tone={org_role === 'admin' ? 'accent' : 'plain'}>{org_role}</Badge>
        {administers && org_role !== 'admin' && <Badge tone="accent">admin through a group</Badge>}
      </span>
    ),
  },
  { label: 'State', show: ({ state }) => <StateBadge state={state} /> },
  {
    label: 'Groups',
    show: ({ groups }) => (groups.length === 0 ? null : <span className="mono">{groups.join(', ')}</span>),
  },
  { label: 'Active keys', show: ({ active_keys }) => active_keys },
  { label: 'Here since', show: ({ created_at }) => <Time at={created_at} /> },
]
