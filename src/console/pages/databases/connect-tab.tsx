// Connecting: as whom on the left, with what on the right.

import { Grid, Stack } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { api, type Resource } from '../../api.js'
import { CreateServiceAccount } from '../../service-accounts/create-dialog.js'
import { useList } from '../../list.js'
import { Empty } from '../../parts/empty.js'
import { LoadingBlock } from '../../parts/loading.js'
import { ProblemNotice } from '../../parts/problem-notice.js'
import { useMe } from '../../session.js'
import { AccountChoice } from './account-choice.js'
import { ConnectionPanel } from './connection-panel.js'

export function ConnectTab({ database: { name } }: { database: Resource<'Database'> }) {
  const { account: me } = useMe()
  const [search, setSearch] = useSearchParams()
  const [isCreating, setIsCreating] = useState(false)
  const { items, error, retry } = useList(['databases', name, 'access'], query =>
    api.GET('/v1/databases/{name}/access', { params: { path: { name }, query } }),
  )
  if (items === undefined)
    return error ? <ProblemNotice error={error} onRetry={retry} /> : <LoadingBlock height={320} />

  const usable = items.filter(({ role, state }) => role !== null && state === 'active')
  const machines = usable.filter(({ kind }) => kind === 'service')
  const mine = usable.find(({ account }) => account === me.name)
  const known = [...machines, ...(mine ? [mine] : [])]
  const chosen = known.find(({ account }) => account === search.get('account')) ?? known[0]
  const choose = (account: string) =>
    setSearch(
      before => {
        before.set('account', account)
        return before
      },
      { replace: true },
    )
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <AccountChoice
          machines={machines}
          mine={mine}
          chosen={chosen}
          onChoose={choose}
          onCreate={() => setIsCreating(true)}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack>
          {chosen ? (
            <ConnectionPanel
              key={chosen.account}
              database={name}
              account={chosen.account}
              isPersonal={chosen === mine}
            />
          ) : (
            <div className="card">
              <Empty icon="plug" title="Choose who connects">
                Make a service account for the program that shall connect. Then everything that it needs is shown here.
              </Empty>
            </div>
          )}
        </Stack>
      </Grid.Col>
      {isCreating && (
        <CreateServiceAccount
          database={name}
          onClose={() => setIsCreating(false)}
          onMade={made => {
            setIsCreating(false)
            choose(made.name)
          }}
        />
      )}
    </Grid>
  )
}
