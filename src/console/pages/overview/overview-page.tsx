// How things are: who is connected, how logins went in the last hour, whether revocations reach every instance, and which
// keys need a successor.

import { useQuery } from '@tanstack/react-query'
import { count } from '../../amounts.js'
import { api } from '../../api.js'
import type { Session } from '../../live-sessions.js'
import { PageFrame } from '../../parts/page-frame.js'
import { useRights } from '../../session.js'
import { ExpiringKeys } from './expiring-keys.js'
import { Instances } from './instances.js'
import { Logins } from './logins.js'
import { ASK_EVERY_MS, useInstances, useLogins } from './overview-queries.js'
import { Tile, Tiles } from './tiles.js'

export default function OverviewPage() {
  const { seesAll } = useRights()
  return (
    <PageFrame
      title="Overview"
      description={seesAll ? 'What goes on in the whole organization, as it goes on.' : 'What goes on in your name.'}
    >
      <Tiles>
        <SessionsTile />
        {seesAll && <LoginTiles />}
        {seesAll && <InstancesTile />}
      </Tiles>
      {seesAll && <Logins />}
      {seesAll && <Instances />}
      <ExpiringKeys />
    </PageFrame>
  )
}

const MOST = 200

function SessionsTile() {
  const { data } = useQuery({
    queryKey: ['sessions', 'count'],
    queryFn: async () => (await api.GET('/v1/sessions', { params: { query: { limit: MOST } } })).data,
    refetchInterval: ASK_EVERY_MS,
  })
  return (
    <Tile
      label="Live sessions"
      to="/sessions"
      value={data && `${data.items.length}${data.next_cursor === null ? '' : '+'}`}
      note={data === undefined ? '' : tellBusy(data.items, data.next_cursor !== null)}
    />
  )
}

function tellBusy(sessions: readonly Session[], hasMore: boolean): string {
  if (sessions.length === 0) return 'nobody is connected'
  const busy = sessions.filter(({ state }) => state === 'busy').length
  if (hasMore) return `${busy} of the ${sessions.length} oldest are busy`
  return busy === 0 ? 'all idle' : `${busy} busy`
}

function LoginTiles() {
  const { data } = useLogins()
  const [first] = data?.reasons ?? []
  return (
    <>
      <Tile label="Logins admitted" value={data?.admitted.toLocaleString('en')} note="in the last hour" />
      <Tile
        label="Logins refused"
        to="/audit?outcome=refused"
        value={data?.refused.toLocaleString('en')}
        note={
          first === undefined ? 'in the last hour' : `in the last hour, ${count(data?.reasons.length ?? 0, 'reason')}`
        }
        isBad={data !== undefined && data.refused > 0}
      />
    </>
  )
}

function InstancesTile() {
  const { data } = useInstances()
  const reporting = data?.items.filter(({ state }) => state === 'reporting').length
  const { on = 0, of = 0 } = data?.in_force ?? {}
  return (
    <Tile
      label="Instances"
      value={data && `${reporting} of ${data.items.length}`}
      note={data === undefined ? '' : on === of ? 'all changes in force' : `newest change on ${on} of ${of}`}
      isBad={data !== undefined && reporting !== data.items.length}
    />
  )
}
