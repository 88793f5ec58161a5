// The service accounts that one may see, and one's own account beside them.

import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, type Resource } from '../../api.js'
import { RevokeTokenDialog } from '../../keys/revoke-token-dialog.js'
import { StateBadge } from '../../parts/badge.js'
import { Empty } from '../../parts/empty.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { Icon } from '../../parts/icon.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Listing, type Column } from '../../parts/records.js'
import { Time } from '../../parts/time.js'
import { useFind } from '../../search.js'
import { useMe, useRights } from '../../session.js'
import { CreateServiceAccount } from '../../service-accounts/create-dialog.js'
import { Scope } from '../../service-accounts/scope.js'

type ServiceAccount = Resource<'ServiceAccount'>

export default function ServiceAccountsPage() {
  const { account: me } = useMe()
  const { mayMake, seesAll } = useRights()
  const navigate = useNavigate()
  const [dialog, setDialog] = useState<'create' | 'revoke' | null>(null)
  const find = useFind(['service-accounts'], query => api.GET('/v1/service-accounts', { params: { query } }))
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setDialog('create')}>
      New service account
    </Button>
  )
  return (
    <PageFrame
      title="Service accounts"
      description="One for each program that connects. Revoke a key, or disable the account, and its sessions end."
      actions={
        <>
          <Button variant="default" onClick={() => setDialog('revoke')}>
            Revoke a single key
          </Button>
          {mayMake && create}
        </>
      }
    >
      <div className="card" style={{ padding: '14px 16px', marginBottom: 16 }}>
        <Group justify="space-between" gap="sm">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {me.email}
            </Text>
            <Text size="xs" c="dimmed">
              Your personal account, for your own psql. A program deserves an account of its own.
            </Text>
          </div>
          <Button component={Link} to="/account" size="compact-sm" variant="default">
            Personal keys
          </Button>
        </Group>
      </div>
      <FindField find={find} label="Find by name or description" />
      <Listing
        label="Service accounts"
        list={find.list}
        columns={seesAll ? [...COLUMNS, MAKER] : COLUMNS}
        keyOf={({ name }) => name}
        empty={
          find.list.searchedFor !== '' ? (
            <NoneFound find={find} title="No service account matches" searched="Names and descriptions" />
          ) : (
            <Empty icon="robot" title="No service accounts yet" action={mayMake && create}>
              A service account is the user that a program connects as: a job, a dashboard, a vendor.
            </Empty>
          )
        }
      />
      {dialog === 'create' && (
        <CreateServiceAccount
          onClose={() => setDialog(null)}
          onMade={({ name }) => void navigate(`/service-accounts/${encodeURIComponent(name)}`)}
        />
      )}
      {dialog === 'revoke' && <RevokeTokenDialog onClose={() => setDialog(null)} />}
    </PageFrame>
  )
}

const COLUMNS: readonly Column<ServiceAccount>[] = [
  {
    label: 'Name',
    show: ({ name, description }) => (
      <div>
        <Link className="record-link mono" to={`/service-accounts/${encodeURIComponent(name)}`}>
          {name}
        </Link>
        {description && (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {description}
          </Text>
        )}
      </div>
    ),
  },
  { label: 'State', show: ({ state }) => <StateBadge state={state} /> },
  { label: 'Reaches', show: account => <Scope of={account} /> },
  { label: 'Active keys', show: ({ active_keys: keys }) => keys },
  { label: 'Last used', show: ({ last_used_at: at }) => (at ? <Time at={at} /> : 'never') },
  { label: 'Created', show: ({ created_at: at }) => <Time at={at} /> },
]

const MAKER: Column<ServiceAccount> = { label: 'Made by', show: ({ made_by: maker }) => maker ?? 'an admin' }
