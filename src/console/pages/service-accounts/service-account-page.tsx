// One service account: what it reaches, its keys, and the ways to stop it.

import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useParams } from 'react-router'
import { api, type Resource } from '../../api.js'
import { KeysSection } from '../../keys/keys-section.js'
import { RevokeAllDialog } from '../../keys/revoke-all-dialog.js'
import { Answer } from '../../parts/answer.js'
import { RoleBadge, StateBadge } from '../../parts/badge.js'
import { Notice } from '../../parts/notice.js'
import { DatabaseLink } from '../../parts/database-link.js'
import { PageFrame } from '../../parts/page-frame.js'
import { Section } from '../../parts/section.js'
import { Time } from '../../parts/time.js'
import { useMe, useRights } from '../../session.js'
import { SessionsTable } from '../../sessions/sessions-table.js'
import { DeleteDialog, DisableDialog, EnableDialog } from './state-dialogs.js'
import { EditDialog } from './edit-dialog.js'

type ServiceAccount = Resource<'ServiceAccount'>

export default function ServiceAccountPage() {
  const { name = '' } = useParams()
  const query = useQuery({
    queryKey: ['service-accounts', name],
    queryFn: async () => (await api.GET('/v1/service-accounts/{name}', { params: { path: { name } } })).data,
  })
  const { data } = query
  return (
    <PageFrame
      title={name}
      above={[{ label: 'Service accounts', to: '/service-accounts' }]}
      description={data?.description}
      badges={data && <StateBadge state={data.state} />}
      actions={data && <Actions account={data} />}
    >
      <Answer query={query}>{account => <Details account={account} />}</Answer>
    </PageFrame>
  )
}

function useMayManage({ made_by: maker }: ServiceAccount): boolean {
  const { account } = useMe()
  const { isAdmin, mayMake } = useRights()
  return isAdmin || (mayMake && maker === account.name)
}

function Details({ account }: { account: ServiceAccount }) {
  const isManaged = useMayManage(account)
  return (
    <>
      {account.state === 'disabled' && (
        <div style={{ marginBottom: 24 }}>
          <Notice tone="warn">
            Disabled
            {account.disabled_at && (
              <>
                {' '}
                <Time at={account.disabled_at} />
              </>
            )}
            : its keys are refused until it is enabled again.
          </Notice>
        </div>
      )}
      <Reaches account={account} />
      <KeysSection account={account.name} may={isManaged ? 'manage' : 'see'} />
      <Section title="Live sessions" description="As each instance last reported them.">
        <SessionsTable filter={{ account: account.name }} without={['account']} />
      </Section>
    </>
  )
}

function Reaches({ account: { scope, made_by: maker } }: { account: ServiceAccount }) {
  return (
    <Section title="Reaches">
      <div className="card" style={{ padding: 16 }}>
        {scope.type === 'pinned' && scope.databases.length === 0 ? (
          <Notice tone="warn">
            No databases: its databases were removed. A pinned account cannot be edited: create a new service account,
            and delete this one.
          </Notice>
        ) : scope.type === 'pinned' ? (
          <>
            <Group gap="xs">
              <RoleBadge role={scope.role} />
              <Text size="sm">on</Text>
              {scope.databases.map(database => (
                <DatabaseLink key={database} name={database} />
              ))}
            </Group>
            <Text size="sm" c="dimmed" mt={8}>
              Pinned: this can not be changed, only deleted and made anew.{' '}
              {maker && `It never has more than ${maker}, who made it, has.`}
            </Text>
          </>
        ) : (
          <>
            <Text size="sm">
              What its groups give: <span className="mono">{scope.groups.join(', ')}</span>
            </Text>
            <Text size="sm" c="dimmed" mt={4}>
              On each database it has the highest role that one of them gives.
            </Text>
          </>
        )}
      </div>
    </Section>
  )
}

function Actions({ account }: { account: ServiceAccount }) {
  const isManaged = useMayManage(account)
  const { isAdmin } = useRights()
  const [dialog, setDialog] = useState<'edit' | 'disable' | 'enable' | 'delete' | 'revoke' | null>(null)
  const close = () => setDialog(null)
  const { name, state, scope, active_keys: keys } = account
  if (!isManaged) return null
  return (
    <>
      {keys > 0 && (
        <Button variant="default" onClick={() => setDialog('revoke')}>
          Revoke ({keys}) active key{keys === 1 ? '' : 's'}
        </Button>
      )}
      {isAdmin && scope.type === 'groups' && (
        <Button variant="default" onClick={() => setDialog('edit')}>
          Edit
        </Button>
      )}
      <Button variant="default" onClick={() => setDialog(state === 'active' ? 'disable' : 'enable')}>
        {state === 'active' ? 'Disable' : 'Enable'}
      </Button>
      <Button variant="default" onClick={() => setDialog('delete')}>
        Delete
      </Button>
      {dialog === 'revoke' && <RevokeAllDialog account={name} activeKeys={keys} onClose={close} />}
      {dialog === 'edit' && scope.type === 'groups' && (
        <EditDialog account={account} groups={scope.groups} onClose={close} />
      )}
      {dialog === 'disable' && <DisableDialog account={account} onClose={close} />}
      {dialog === 'enable' && <EnableDialog account={account} onClose={close} />}
      {dialog === 'delete' && <DeleteDialog account={account} onClose={close} />}
    </>
  )
}
