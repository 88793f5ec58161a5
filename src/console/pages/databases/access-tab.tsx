// Who has which role on a database, and by what rule.

import { Text } from '@mantine/core'
import { Link } from 'react-router'
import { api, type Resource } from '../../api.js'
import { Badge, RoleBadge, StateBadge } from '../../parts/badge.js'
import { Empty } from '../../parts/empty.js'
import { FindField, NoneFound } from '../../parts/find-field.js'
import { Listing, type Column } from '../../parts/records.js'
import { useFind } from '../../search.js'
import { useRights } from '../../session.js'

type Access = Resource<'Access'>

export function AccessTab({ database: { name } }: { database: Resource<'Database'> }) {
  const { seesAll } = useRights()
  const find = useFind(['databases', name, 'access'], query =>
    api.GET('/v1/databases/{name}/access', { params: { path: { name }, query } }),
  )
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {seesAll
          ? 'Everybody who reaches this database, and why: as the proxy decides at each login.'
          : 'You, and the service accounts that you made.'}
      </Text>
      <FindField find={find} label="Find by name" />
      <Listing
        label={`Who reaches ${name}`}
        list={find.list}
        columns={COLUMNS}
        keyOf={({ account }) => account}
        empty={
          find.list.searchedFor !== '' ? (
            <NoneFound find={find} title="No account matches" searched="Names" />
          ) : (
            <Empty icon="user" title="Nobody reaches this database yet">
              Give a person or a group a role on it, or make a service account for it.
            </Empty>
          )
        }
      />
    </>
  )
}

const COLUMNS: readonly Column<Access>[] = [
  {
    label: 'Account',
    show: ({ account, kind }) =>
      kind === 'service' ? (
        <Link className="record-link mono" to={`/service-accounts/${encodeURIComponent(account)}`}>
          {account}
        </Link>
      ) : (
        account
      ),
  },
  { label: 'Kind', show: ({ kind }) => (kind === 'service' ? <Badge>service account</Badge> : <Badge>person</Badge>) },
  { label: 'Role', show: ({ role }) => <RoleBadge role={role} /> },
  { label: 'Why', show: access => <Text size="sm">{reasonOf(access)}</Text> },
  { label: 'State', show: ({ state }) => <StateBadge state={state} /> },
]

function reasonOf({ because, reason }: Access): string {
  switch (because?.rule) {
    case 'direct':
      return 'A grant of its own'
    case 'group':
      return `Through the group ${because.group}`
    case 'pinned':
      return 'Chosen when it was made'
    case 'capped-by-maker':
      return `Made as ${because.pinned}, but ${because.maker} has no more than this now`
    case undefined:
      return LOST[reason ?? 'not_granted']
  }
}

const LOST: Readonly<Record<NonNullable<Access['reason']>, string>> = {
  not_granted: 'Not granted',
  maker_inactive: 'Its maker is disabled or deleted',
  maker_lost_it: 'Its maker has lost this database',
}
