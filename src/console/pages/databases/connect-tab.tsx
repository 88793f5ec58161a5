// Connecting: as whom on the left, with what on the right. The account is the one that the address names, or none: there
// is no other that takes its place.

import { Grid, Stack } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useSearchParams } from 'react-router'
import { api, type Resource } from '../../api.js'
import { Empty } from '../../parts/empty.js'
import { LoadingBlock } from '../../parts/loading.js'
import { Notice } from '../../parts/notice.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { useSearch, type SearchedList } from '../../search.js'
import { CreateServiceAccount } from '../../service-accounts/create-dialog.js'
import { useMe } from '../../session.js'
import { AccountChoice } from './account-choice.js'
import { obstacleOf, rememberCreated, useAskedAccount, type Access, type Asked } from './asked-account.js'
import { ConnectionPanel } from './connection-panel.js'

export function ConnectTab({ database: { name, role } }: { database: Resource<'Database'> }) {
  const { account: me } = useMe()
  const [params, setParams] = useSearchParams()
  const [isCreating, setIsCreating] = useState(false)
  const [typed, setTyped] = useState('')
  const machines = useSearch(['databases', name, 'access', 'machines'], typed, page =>
    api.GET('/v1/databases/{name}/access', {
      params: { path: { name }, query: { ...page, kind: 'service', state: 'active' } },
    }),
  )
  const mine: Access | null =
    role === null ? null : { account: me.name, kind: 'personal', state: 'active', role, reason: null }
  const account = params.get('account')
  const asked = useAskedAccount(name, account)
  const choose = (account: string) =>
    setParams(
      before => {
        before.set('account', account)
        return before
      },
      { replace: true },
    )
  // Written into the address, it stays chosen when there are more later.
  const sole = account === null ? soleOf(machines, mine, me.name) : null
  useEffect(() => {
    if (sole !== null) choose(sole)
  })
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <AccountChoice
          machines={machines}
          mine={mine}
          asked={asked.state === 'usable' ? asked.access : null}
          typed={typed}
          onType={setTyped}
          onChoose={choose}
          onCreate={() => setIsCreating(true)}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack>
          <Connection database={name} account={account ?? ''} asked={asked} />
        </Stack>
      </Grid.Col>
      {isCreating && (
        <CreateServiceAccount
          database={name}
          onClose={() => setIsCreating(false)}
          onMade={made => {
            setIsCreating(false)
            rememberCreated(name, made)
            choose(made.name)
          }}
        />
      )}
    </Grid>
  )
}

/** The only account that can connect, once it is known that there is no other; else null. */
function soleOf(machines: SearchedList<Access>, mine: Access | null, me: string): string | null {
  const { items, hasMore, isPrevious, searchedFor } = machines
  if (items === undefined || hasMore || isPrevious || searchedFor !== '') return null
  const usable = [...items.filter(access => obstacleOf(access, me) === null), ...(mine ? [mine] : [])]
  const [first, ...others] = usable
  return first === undefined || others.length > 0 ? null : first.account
}

interface ConnectionProps {
  readonly database: string
  readonly account: string
  readonly asked: Asked
}

function Connection({ database, account, asked }: ConnectionProps) {
  switch (asked.state) {
    case 'none':
      return (
        <div className="card">
          <Empty icon="plug" title="Choose who connects">
            Choose an account, or create a service account for the program that connects. Then its connection strings
            are shown here.
          </Empty>
        </div>
      )
    case 'loading':
      return <LoadingBlock height={320} />
    case 'failed':
      return <ProblemNotice error={asked.error} onRetry={asked.retry} />
    case 'unusable':
      return (
        <Notice tone="warn" role="status">
          <span style={{ overflowWrap: 'anywhere' }}>
            <span className="mono">{account}</span> cannot connect to this database: {asked.why}.
          </span>
        </Notice>
      )
    case 'usable':
      return (
        <ConnectionPanel
          key={asked.access.account}
          database={database}
          account={asked.access.account}
          isPersonal={asked.access.kind === 'personal'}
        />
      )
  }
}
