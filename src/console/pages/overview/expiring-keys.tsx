// Keys that need a successor soon.

import { Link } from 'react-router'
import { api, type Resource } from '../../api.js'
import { useList } from '../../list.js'
import { Badge } from '../../parts/badge.js'
import { Empty } from '../../parts/empty.js'
import { Listing, type Column } from '../../parts/records.js'
import { Section } from '../../parts/section.js'
import { Time, useNow } from '../../parts/time.js'
import { useMe } from '../../session.js'

type Key = Resource<'Key'>

const WITHIN_DAYS = 14
const ASK_EVERY_MS = 60_000
const SOON_MS = 3 * 86_400_000

export function ExpiringKeys() {
  const { account: me } = useMe()
  const list = useList(
    ['expiring-keys'],
    page => api.GET('/v1/expiring-keys', { params: { query: { ...page, within_days: WITHIN_DAYS } } }),
    { everyMs: ASK_EVERY_MS },
  )
  const owner: Column<Key> = {
    label: 'Account',
    show: ({ account }) => (
      <Link className="quiet-link mono" to={pathOf(account, me.name)}>
        {account}
      </Link>
    ),
  }
  return (
    <Section
      title="Keys about to expire"
      description={`Within ${WITHIN_DAYS} days. Rotate them before programs stand still.`}
    >
      <Listing
        label="Keys about to expire"
        list={list}
        keyOf={({ id }) => id}
        columns={[NAME, owner, EXPIRES, LAST_USED]}
        empty={
          <Empty icon="key" title="No key expires soon">
            Keys that were made with an expiry show up here two weeks before.
          </Empty>
        }
      />
    </Section>
  )
}

/** People's names are addresses, machines' are not. */
function pathOf(account: string, me: string): string {
  if (account === me) return '/account'
  return account.includes('@')
    ? `/users/${encodeURIComponent(account)}`
    : `/service-accounts/${encodeURIComponent(account)}`
}

const NAME: Column<Key> = {
  label: 'Key',
  show: ({ id, name }) => (
    <div className="two-lines">
      <span style={{ fontWeight: 500 }}>{name ?? 'Without a name'}</span>
      <span className="second-line mono">{id}</span>
    </div>
  ),
}

const EXPIRES: Column<Key> = { label: 'Expires', show: ({ expires_at }) => <Expiry at={expires_at} /> }

function Expiry({ at }: { at: string | null }) {
  const now = useNow()
  if (at === null) return null
  return (
    <Badge tone={Date.parse(at) - now < SOON_MS ? 'bad' : 'warn'}>
      <Time at={at} />
    </Badge>
  )
}

const LAST_USED: Column<Key> = {
  label: 'Last used',
  show: ({ last_used }) => (last_used === null ? 'never' : <Time at={last_used.at} />),
}
